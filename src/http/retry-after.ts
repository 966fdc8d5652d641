/** `Retry-After` is seconds or a date; `retry-after-ms` is OpenAI's and Azure's. */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const exact = amount(headers.get("retry-after-ms") ?? "");
  if (exact !== undefined) return Math.ceil(exact);
  const value = headers.get("retry-after")?.trim() ?? "";
  // A bare number is never a date, though `Date.parse` takes -5 for one.
  if (/^[-+.\d]/.test(value) && !/[a-z]/i.test(value)) return seconds(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** A number of seconds in milliseconds. */
export function seconds(value: string): number | undefined {
  const number = amount(value);
  return number === undefined ? undefined : Math.ceil(number * 1000);
}

function amount(value: string): number | undefined {
  // More digits are no time that anybody waits.
  return /^\d{1,9}(?:\.\d+)?$/.test(value.trim()) ? Number(value) : undefined;
}
