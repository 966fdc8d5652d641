export interface Summary {
  passed: number;
  failed: number;
  skipped: number;
  /** Why the count cannot be trusted, when it cannot: it then holds a failure. */
  doubt?: string;
}

/**
 * JUnit alone is not honest: a file that does not load counts no failure in it, and a test that calls `process.exit(0)`
 * ends everything with exit code 0 and no report. So three sources have to agree: exit code, printed summary and report.
 */
export function summarise(code: number, output: string, xml: string): Summary {
  const cases = matches(xml, /<testcase\b/g);
  const skipped = matches(xml, /<skipped\b/g);
  const inReport = matches(xml, /<failure\b/g) + matches(xml, /<error\b/g);
  const failed = Math.max(inReport, lastCount(output, "fail"));
  const passed = cases - inReport - skipped;
  let doubt: string | undefined;
  if (xml === "" || !/^Ran \d+ tests? across/m.test(output))
    doubt = "there is no complete summary; did a test end the process?";
  else if (lastCount(output, "pass") !== passed)
    doubt = `the report has ${passed} passed, bun says ${lastCount(output, "pass")}`;
  else if (passed + failed === 0) doubt = "no test ran";
  else if (code !== 0 && failed === 0) doubt = `bun test ended with exit code ${code}`;
  return { passed: Math.max(0, passed), failed: doubt && failed === 0 ? 1 : failed, skipped, ...(doubt && { doubt }) };
}

/** bun prints ` 12 pass` on a line of its own. */
function lastCount(output: string, word: string): number {
  return Number([...output.matchAll(new RegExp(`^ *(\\d+) ${word}$`, "gm"))].at(-1)?.[1] ?? 0);
}

/** The names of the skipped tests. */
export function skippedNames(xml: string): string[] {
  return [...xml.matchAll(/<testcase name="([^"]*)"[^>]*>\s*<skipped/g)].map(([, name]) => plain(name ?? ""));
}

function matches(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].length;
}

const ENTITIES: Record<string, string> = { "&apos;": "'", "&quot;": '"', "&lt;": "<", "&gt;": ">", "&amp;": "&" };

function plain(xml: string): string {
  return xml.replace(/&(?:apos|quot|lt|gt|amp);/g, (entity) => ENTITIES[entity] ?? entity);
}
