/** Whether a job is over without a result; vendors take their words for it from one small stock. */
export function hasFailed(state: string): boolean {
  return ["failed", "error", "cancelled", "canceled"].includes(state);
}
