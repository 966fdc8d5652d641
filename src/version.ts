declare const INFER_VERSION: string | undefined;
declare const INFER_COMMIT: string | undefined;
declare const INFER_TARGET: string | undefined;

/** Filled in by the build; a run from source says so. */
export const VERSION = {
  version: typeof INFER_VERSION === "string" ? INFER_VERSION : "0.0.0-source",
  commit: typeof INFER_COMMIT === "string" ? INFER_COMMIT : "unknown",
  target: typeof INFER_TARGET === "string" ? INFER_TARGET : "source",
} as const;
