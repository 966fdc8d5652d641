import type { SmokeResult } from "../smoke.ts";

/** The results as JUnit XML, which CI systems show. `interrupted`: what ended the run before its time. */
export function junitXml(
  results: readonly SmokeResult[],
  startedAt: number,
  durationMs: number,
  interrupted?: string,
): string {
  const failures = results.filter(({ outcome }) => outcome === "failed").length;
  const skipped = results.filter(({ outcome }) => outcome === "skipped").length;
  const counts = attributes({ tests: results.length, failures, errors: 0, skipped, time: seconds(durationMs) });
  const timestamp = attributes({ timestamp: new Date(startedAt).toISOString().slice(0, 19) });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="infer smoke"${counts}>`,
    `  <testsuite name="infer smoke"${counts}${timestamp}>`,
    ...(interrupted === undefined
      ? []
      : [`    <properties><property${attributes({ name: "interrupted", value: interrupted })}/></properties>`]),
    ...results.map(testcase),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function testcase(result: SmokeResult): string {
  const { provider, model, capability, outcome, latencyMs, error } = result;
  const name = model === null ? provider : `${provider}/${model}`;
  const start = `    <testcase${attributes({ classname: capability, name, time: seconds(latencyMs) })}`;
  if (outcome === "success" || !error) return `${start}/>`;
  const { type, message, hint } = error;
  const inner =
    outcome === "skipped"
      ? `<skipped${attributes({ message })}/>`
      : `<failure${attributes({ type, message })}>${asXml(details(result, hint))}</failure>`;
  return `${start}>\n      ${inner}\n    </testcase>`;
}

function details({ attempts }: SmokeResult, hint: string | undefined): string {
  const tries = attempts.map(({ outcome, latencyMs, status, error }) => {
    const answer = [status && `HTTP ${status}`, error && `${error.type}: ${error.message}`].filter(Boolean).join(" ");
    return `${outcome} after ${latencyMs} ms${answer && `: ${answer}`}`;
  });
  return [...(hint === undefined ? [] : [hint]), ...tries].join("\n");
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${asXml(String(value)).replace(/[\t\n\r]/g, " ")}"`)
    .join("");
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** XML 1.0 has no way to write most control characters, nor half a surrogate pair. */
function asXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]/g, "")
    .replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
