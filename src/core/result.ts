/** What a command hands back to be printed; the report holds the rest. */
export interface Result {
  /** Inventory verbs: what `--json` prints in place of the envelope, in OpenClaw's shape. */
  inventory?: unknown;
  /** The answer for a person or a pipe, without its last newline. Absent when it has been shown already. */
  text?: string;
  /** The answer when `--output -` asked for the bytes. */
  bytes?: Uint8Array;
}
