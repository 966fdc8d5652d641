import type { Check } from "../capabilities/doctor/check.ts";
import { examine } from "../capabilities/doctor.ts";
import type { Context } from "../core/context.ts";
import type { Result } from "../core/result.ts";
import { oneLine } from "../core/terminal-text.ts";
import { type Paint, paintFor } from "./verdict.ts";

const COLOURS = { ok: "green", warn: "yellow", fail: "red" } as const;

/** `infer doctor` */
export async function doctor(context: Context): Promise<Result> {
  const checks = await examine(context);
  const ok = checks.every(({ status }) => status !== "fail");
  return {
    kind: "inventory",
    value: { ok, checks },
    text: report(checks, paintFor(context)),
    ...(!ok && { exitCode: 1 }),
  };
}

function report(checks: readonly Check[], paint: Paint): string {
  const widest = Math.max(...checks.map(({ id }) => oneLine(id).length));
  const lines = checks.flatMap(({ id, status, message, fix }) => [
    `${paint(COLOURS[status], status.padEnd(4))}  ${oneLine(id).padEnd(widest)}  ${oneLine(message)}`,
    ...(fix === undefined ? [] : [`${" ".repeat(widest + 8)}${paint("dim", `fix: ${oneLine(fix)}`)}`]),
  ]);
  const count = (status: Check["status"]): number => checks.filter((check) => check.status === status).length;
  return [...lines, `${count("ok")} ok, ${count("warn")} to look at, ${count("fail")} failed`].join("\n");
}
