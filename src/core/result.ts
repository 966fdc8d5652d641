/** What a command hands back to be printed; the report holds the rest. */
export type Result =
  /** The answer for a person or a pipe, without its last newline. With `--json` it is the envelope instead. */
  | { kind: "text"; text: string }
  /** The answer has been shown piece by piece; only its last newline is missing. */
  | { kind: "shown" }
  /** Inventory verbs: `--json` prints `value`, in OpenClaw's shape, in place of the envelope. */
  | {
      kind: "inventory";
      value: unknown;
      text: string;
      /** What the list itself says about success, when that is not 0: `doctor` and `smoke` found something. */
      exitCode?: number;
    }
  /** `--output -` asked for the bytes. */
  | { kind: "bytes"; chunks: AsyncIterable<Uint8Array> };
