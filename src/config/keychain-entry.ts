import type { Context } from "../core/context.ts";
import { isRecord } from "../core/json.ts";
import { isNoKeychain, type Keychain } from "./keychain.ts";
import { warn } from "./openclaw.ts";
import type { RawProfile } from "./profile.ts";

/** The secrets of one profile of a store, where the operating system's keychain has them. */
export class KeychainEntry {
  /** Two stores of one user, as in a test, must not share an entry. */
  readonly #name: string;

  constructor(
    private readonly context: Pick<Context, "report">,
    private readonly keychain: Keychain | null,
    id: string,
    file: string,
  ) {
    this.#name = `${id} (${file})`;
  }

  /** `undefined` when they cannot be had, which is said. */
  async read(): Promise<RawProfile | undefined> {
    try {
      const secrets: unknown = JSON.parse((await this.keychain?.get(this.#name)) ?? "null");
      if (isRecord(secrets)) return secrets;
    } catch {
      // Said below, without the keychain's own words.
    }
    const why = this.keychain ? "The keychain does not give" : "INFER_KEYCHAIN=off hides";
    warn(this.context, `${why} ${this.#name}: log in again, or out.`);
    return undefined;
  }

  /** Whether it took them; why it did not is said, where there is one. */
  async write(secrets: RawProfile): Promise<boolean> {
    if (!this.keychain) return false;
    const inFile = "it is in a file that only you can read.";
    try {
      await this.keychain.set(this.#name, JSON.stringify(secrets));
      // Some take everything and keep nothing. Another value is that of another login, a moment ago.
      if ((await this.keychain.get(this.#name)) !== null) return true;
      warn(this.context, `The keychain did not keep the key: ${inFile}`);
    } catch (thrown) {
      if (!isNoKeychain(thrown)) warn(this.context, `The keychain refused the key: ${inFile}`);
    }
    return false;
  }

  async forget(): Promise<void> {
    try {
      if (!this.keychain) throw new Error("off");
      await this.keychain.delete(this.#name);
    } catch {
      warn(this.context, `The keychain could not be told to forget ${this.#name}: remove it there.`);
    }
  }
}
