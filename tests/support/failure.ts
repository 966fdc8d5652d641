import { InferError } from "../../src/core/error.ts";

/** The `InferError` that a call throws; anything else, a success included, fails the test. */
export function failure(act: () => unknown): InferError {
  let value: unknown;
  try {
    value = act();
  } catch (thrown) {
    if (thrown instanceof InferError) return thrown;
    throw thrown;
  }
  throw new Error(`it succeeded: ${value}`);
}

/** The same for a promise. */
export async function rejection(promise: Promise<unknown>): Promise<InferError> {
  const thrown = await promise.then(
    (value) => new Error(`it succeeded: ${value}`),
    (reason: unknown) => reason,
  );
  if (thrown instanceof InferError) return thrown;
  throw thrown;
}
