import { describe, expect, test } from "bun:test";
import type { Context } from "../../../src/core/context.ts";
import { type ErrorDetails, type ErrorType, InferError } from "../../../src/core/error.ts";
import { type Call, type Plan, tryCandidates } from "../../../src/engine/attempts.ts";
import type { Candidate } from "../../../src/engine/candidates.ts";
import { type FakeContext, type FakeWorld, fakeContext, runInProcess } from "../../support/context.ts";
import { rejection } from "../../support/failure.ts";
import { machine } from "./selection.ts";

function candidate(id: string, problem?: InferError): Candidate {
  const provider = { id, name: id.toUpperCase(), env: [], baseUrl: `https://${id}.example`, models: [] };
  const found: Candidate = {
    provider,
    model: "m",
    credential: { source: `${id.toUpperCase()}_KEY`, origin: "env", open: async () => ({ key: "k" }) },
    headers: {},
    secrets: [],
    reason: "a test",
  };
  return problem ? { ...found, problem } : found;
}

/** A world in which waiting moves the clock and takes no time. */
function clockwork(world: FakeWorld = {}): { context: FakeContext; waits: number[]; advance: (ms: number) => void } {
  let now = 1_000_000;
  const waits: number[] = [];
  const sleep: Context["sleep"] = async (ms, signal) => {
    signal.throwIfAborted();
    waits.push(ms);
    now += ms;
  };
  const context = fakeContext({ now: () => now, sleep, ...world });
  context.endsAt = now + 60_000;
  const advance = (ms: number): void => {
    now += ms;
  };
  return { context, waits, advance };
}

const failing = (type: ErrorType, details: ErrorDetails = {}): InferError =>
  new InferError(type, `${type} happened`, details);
const passing = (type: ErrorType = "provider_error", details: ErrorDetails = {}): InferError =>
  failing(type, { retryable: true, ...details });

/** Throws the errors in turn, then answers. */
function scripted(...errors: (InferError | null)[]) {
  const calls: string[] = [];
  const perform = async ({ provider }: Candidate): Promise<string> => {
    calls.push(provider.id);
    const error = errors[calls.length - 1];
    if (error) throw error;
    return `answer ${calls.length}`;
  };
  return { perform, calls };
}

function plan(candidates: readonly Candidate[], mayRepeat: Plan["mayRepeat"] = () => true): Plan {
  return { candidates, mayRepeat };
}

/** Never answers; ends with the signal's reason when that fires. */
function hang({ signal }: Call): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

const A = candidate("a");
const B = candidate("b");
const C = candidate("c");

describe("a success", () => {
  test("is one attempt, with what was learned on the way", async () => {
    const { context, advance } = clockwork();
    const value = await tryCandidates(context, plan([A, B]), async (_, call) => {
      advance(120);
      call.status = 200;
      call.requestId = "req_1";
      return "hi";
    });
    expect(value).toBe("hi");
    expect(context.report).toMatchObject({ provider: "a", model: "m" });
    expect(context.report.attempts).toEqual([
      { provider: "a", model: "m", outcome: "success", latencyMs: 120, status: 200, requestId: "req_1" },
    ]);
  });
});

describe("retries", () => {
  test("are two at most, and point to the first try", async () => {
    const { context, waits } = clockwork();
    const { perform, calls } = scripted(passing(), passing(), passing(), passing());
    const error = await rejection(tryCandidates(context, plan([A]), perform));
    expect(error).toMatchObject({ type: "provider_error", message: "provider_error happened" });
    expect(calls).toEqual(["a", "a", "a"]);
    expect(waits).toHaveLength(2);
    expect(context.report.attempts.map(({ outcome, retryOf }) => [outcome, retryOf])).toEqual([
      ["failed", undefined],
      ["failed", 0],
      ["failed", 0],
    ]);
  });

  test("end with the first success", async () => {
    const { context } = clockwork();
    const { perform, calls } = scripted(passing("network"), null);
    expect(await tryCandidates(context, plan([A, B]), perform)).toBe("answer 2");
    expect(calls).toEqual(["a", "a"]);
    expect(context.report.attempts).toMatchObject([
      { outcome: "failed", error: { type: "network", message: "network happened" } },
      { outcome: "success", retryOf: 0 },
    ]);
  });

  test("of a later candidate point to that candidate's first try", async () => {
    const { context } = clockwork();
    const { perform } = scripted(passing(), passing(), passing(), passing(), null);
    await tryCandidates(context, plan([A, B]), perform);
    expect(context.report.attempts.map(({ provider, retryOf }) => [provider, retryOf])).toEqual([
      ["a", undefined],
      ["a", 0],
      ["a", 0],
      ["b", undefined],
      ["b", 3],
    ]);
  });

  test("forget the status of the try before", async () => {
    const { context } = clockwork();
    let tries = 0;
    await tryCandidates(context, plan([A]), async (_, call) => {
      if (++tries === 2) return "";
      call.status = 503;
      call.requestId = "req_1";
      throw passing();
    });
    expect(context.report.attempts[0]).toMatchObject({ status: 503, requestId: "req_1" });
    expect(context.report.attempts[1]).not.toHaveProperty("status");
    expect(context.report.attempts[1]).not.toHaveProperty("requestId");
  });

  test.each(["auth", "usage", "refused", "not_found", "empty_result", "provider_error"] as const)(
    "are not made for %s that will not pass",
    async (type) => {
      const { context, waits } = clockwork();
      const { perform, calls } = scripted(failing(type));
      expect((await rejection(tryCandidates(context, plan([A]), perform))).type).toBe(type);
      expect({ calls, waits }).toEqual({ calls: ["a"], waits: [] });
    },
  );

  test("are not made after an answer has begun to be shown, and no other candidate is asked", async () => {
    const { context, waits } = clockwork();
    let shown = false;
    const calls: string[] = [];
    const run = tryCandidates(
      context,
      plan([A, B], () => !shown),
      async ({ provider }) => {
        calls.push(provider.id);
        shown = true;
        throw passing("network");
      },
    );
    expect((await rejection(run)).type).toBe("network");
    expect({ calls, waits }).toEqual({ calls: ["a"], waits: [] });
  });

  test.each([
    [0, [0, 0]],
    [0.5, [250, 500]],
    [0.999, [499.5, 999]],
  ])("wait by full jitter: random %p", async (random, expected) => {
    const { context, waits } = clockwork();
    context.random = () => random;
    const { perform } = scripted(passing(), passing(), passing());
    await rejection(tryCandidates(context, plan([A]), perform));
    expect(waits).toEqual(expected);
  });
});

describe("what gets on in several tries", () => {
  /** Each try adds so many to what has been done for good, and then fails in a way that passes; after them one succeeds. */
  async function tries(added: readonly number[]) {
    const { context } = clockwork();
    let done = 0;
    let count = 0;
    const value = tryCandidates(context, { ...plan([A]), progress: () => done }, async () => {
      const more = added[count++];
      if (more === undefined) return "whole";
      done += more;
      throw passing("rate_limited");
    });
    const outcome = await value.catch(({ type }: InferError) => type);
    return { outcome, count, retries: context.report.attempts.map(({ retryOf }) => retryOf) };
  }

  test("is not given up, however many they are", async () => {
    expect(await tries([1, 2, 1, 1, 3, 1])).toEqual({
      outcome: "whole",
      count: 7,
      retries: [undefined, 0, 0, 0, 0, 0, 0],
    });
  });

  test("is given up after two retries that add nothing", async () => {
    expect(await tries([0, 0, 0, 1])).toMatchObject({ outcome: "rate_limited", count: 3 });
    expect(await tries([1, 0, 1, 0, 0, 1])).toMatchObject({ outcome: "rate_limited", count: 5 });
    expect(await tries([1, 0, 1, 0])).toMatchObject({ outcome: "whole", count: 5 });
  });

  test("is not tried again for what does not pass", async () => {
    const { context } = clockwork();
    let done = 0;
    const perform = async (): Promise<string> => {
      done++;
      throw failing("auth");
    };
    await rejection(tryCandidates(context, { ...plan([A]), progress: () => done }, perform));
    expect(context.report.attempts).toHaveLength(1);
  });

  test("what one candidate did is no progress of the next", async () => {
    const { context } = clockwork();
    let done = 5;
    const perform = async ({ provider }: Candidate): Promise<string> => {
      if (provider.id === "a") done++;
      throw passing("rate_limited", provider.id === "a" ? { retryable: false } : {});
    };
    await rejection(tryCandidates(context, { ...plan([A, B]), progress: () => done }, perform));
    expect(context.report.attempts.map(({ provider }) => provider)).toEqual(["a", "b", "b", "b"]);
  });
});

describe("Retry-After", () => {
  test("is waited for exactly, when it fits", async () => {
    const { context, waits } = clockwork();
    const { perform } = scripted(passing("rate_limited", { retryAfterMs: 20_000 }), null);
    await tryCandidates(context, plan([A]), perform);
    expect(waits).toEqual([20_000]);
  });

  test("of 0 is no wait", async () => {
    const { context, waits } = clockwork();
    const { perform } = scripted(passing("rate_limited", { retryAfterMs: 0 }), null);
    await tryCandidates(context, plan([A]), perform);
    expect(waits).toEqual([0]);
  });

  test.each([59_999, 60_000, 60_001, 3_600_000])(
    "of %p ms in what is left of 60 s: fails at once where it does not fit, saying how long",
    async (retryAfterMs) => {
      const { context, waits, advance } = clockwork();
      const { perform, calls } = scripted(passing("rate_limited", { retryAfterMs }));
      const run = tryCandidates(context, plan([A]), async (one) => {
        advance(1);
        return perform(one);
      });
      const error = await rejection(run);
      expect(error).toMatchObject({ type: "rate_limited", exitCode: 5, details: { retryAfterMs } });
      expect({ calls, waits }).toEqual({ calls: ["a"], waits: [] });
    },
  );

  test("that does not fit into the share goes to the next candidate at once", async () => {
    const { context, waits } = clockwork();
    const { perform, calls } = scripted(passing("rate_limited", { retryAfterMs: 31_000 }), null);
    expect(await tryCandidates(context, plan([A, B]), perform)).toBe("answer 2");
    expect({ calls, waits }).toEqual({ calls: ["a", "b"], waits: [] });
  });
});

describe("the next candidate", () => {
  test.each(["auth", "not_found", "refused", "rate_limited", "empty_result", "network"] as const)(
    "is asked after %s",
    async (type) => {
      const { context } = clockwork();
      const { perform, calls } = scripted(failing(type), null);
      expect(await tryCandidates(context, plan([A, B, C]), perform)).toBe("answer 2");
      expect(calls).toEqual(["a", "b"]);
      expect(context.report).toMatchObject({ provider: "b", model: "m" });
    },
  );

  test("is not asked after a bug in infer", async () => {
    const { context } = clockwork();
    const calls: string[] = [];
    const run = tryCandidates(context, plan([A, B]), async ({ provider }) => {
      calls.push(provider.id);
      throw new TypeError("x is not a function");
    });
    expect(await rejection(run)).toMatchObject({ type: "internal", exitCode: 70 });
    expect(calls).toEqual(["a"]);
  });

  test("takes the place of one that cannot be tried, which is told as skipped", async () => {
    const { context } = clockwork();
    const { perform, calls } = scripted(null);
    await tryCandidates(context, plan([candidate("a", failing("auth")), B]), perform);
    expect(calls).toEqual(["b"]);
    expect(context.report.attempts).toEqual([
      {
        provider: "a",
        model: "m",
        outcome: "skipped",
        latencyMs: 0,
        error: { type: "auth", message: "auth happened" },
      },
      { provider: "b", model: "m", outcome: "success", latencyMs: 0 },
    ]);
  });

  test("with retries of its own counts skipped ones in retryOf", async () => {
    const { context } = clockwork();
    const { perform } = scripted(passing(), null);
    await tryCandidates(context, plan([candidate("a", failing("auth")), B]), perform);
    expect(context.report.attempts.map(({ outcome, retryOf }) => [outcome, retryOf])).toEqual([
      ["skipped", undefined],
      ["failed", undefined],
      ["success", 1],
    ]);
  });
});

describe("when all have failed", () => {
  test("one candidate's error is that error, and says who it was and what to check", async () => {
    const { context } = clockwork();
    const { perform } = scripted(failing("auth", { status: 401, hint: undefined }));
    const error = await rejection(tryCandidates(context, plan([A]), perform));
    expect(error).toMatchObject({ type: "auth", message: "auth happened" });
    expect(error.details).toMatchObject({ provider: "a", model: "m", status: 401 });
    expect(error.details.hint).toContain("A_KEY");
  });

  test("the first gives the type, and the message tells each cause with its candidate", async () => {
    const { context } = clockwork();
    const { perform } = scripted(failing("refused"), passing("rate_limited", { retryAfterMs: 90_000 }));
    const error = await rejection(tryCandidates(context, plan([A, B, candidate("c", failing("auth"))]), perform));
    expect({ type: error.type, exitCode: error.exitCode }).toEqual({ type: "refused", exitCode: 8 });
    for (const told of ["a/m: refused happened", "b/m: rate_limited happened", "c/m: auth happened"]) {
      expect(error.message).toContain(told);
    }
  });

  test("a candidate without a model is told by its provider alone", async () => {
    const line = ["model", "run", "--prompt", "x", "--provider", "lmstudio", "--fallback", "openai/gpt-x", "--json"];
    const { stdout, exitCode } = await runInProcess(line, { fetch: machine().fetch });
    const { error, attempts } = JSON.parse(stdout);
    expect(exitCode).toBe(6);
    expect(attempts).toMatchObject([
      { provider: "lmstudio", model: null, outcome: "skipped" },
      { provider: "openai", model: "gpt-x", outcome: "skipped" },
    ]);
    expect(error.message).toContain("lmstudio");
    expect(error.message).toContain("openai/gpt-x: ");
    expect(error.message).not.toMatch(/undefined|null/);
  });
});

describe("the next step", () => {
  /** The hint after this candidate has failed in this way. */
  async function hintOf(one: Candidate, error: InferError): Promise<string | undefined> {
    const { perform } = scripted(error);
    const { details } = await rejection(tryCandidates(clockwork().context, plan([one]), perform));
    return details.hint;
  }

  const withRow = (row: Partial<Candidate["provider"]>, parts: Partial<Candidate> = {}): Candidate => ({
    ...A,
    ...parts,
    provider: { ...A.provider, ...row },
  });
  const NO_KEY: Candidate["credential"] = { source: "no key needed", origin: "scheme", open: async () => ({}) };

  test("after a refused key names where it came from", async () => {
    expect(await hintOf(A, failing("auth"))).toBe("Check the key for A: A_KEY.");
  });

  test("after a refused key names the vendor's other addresses, which take other keys", async () => {
    const variants = { cn: "https://cn.example", plan: "https://plan.example" };
    expect(await hintOf(withRow({ variants }), failing("auth"))).toContain("a-cn, a-plan");
  });

  test("where no key was sent is to set one", async () => {
    const keyless = withRow({ env: ["A_TOKEN"] }, { credential: NO_KEY });
    expect(await hintOf(keyless, failing("auth"))).toBe("It wants a key: set A_TOKEN.");
    expect(await hintOf(withRow({}, { credential: NO_KEY }), failing("auth"))).toContain("models.providers.a");
  });

  test("where nobody listens is to start the server, when it is the user's own", async () => {
    const refused = failing("network", { hint: "Is the server running?" });
    expect(await hintOf(withRow({ start: "a serve" }), refused)).toContain("a serve");
    expect(await hintOf(A, refused)).toBe("Is the server running?");
  });

  test("after not_found is to check the model and the address", async () => {
    expect(await hintOf(A, failing("not_found"))).toContain("a.example");
  });
});

describe("time", () => {
  /** Real timers, with what is left measured from now. */
  function hurried(ms: number): FakeContext {
    const context = fakeContext();
    context.endsAt = context.now() + ms;
    return context;
  }

  test("one candidate has all of it; the failure is a timeout that says who", async () => {
    const context = hurried(30);
    const error = await rejection(tryCandidates(context, plan([A]), (_, call) => hang(call)));
    expect(error).toMatchObject({ type: "timeout", exitCode: 7, details: { provider: "a" } });
    expect(error.message).toContain("A did not answer");
    expect(error.details.hint).toContain("--timeout-ms");
    expect(context.report.attempts).toMatchObject([{ outcome: "failed", error: { type: "timeout" } }]);
    expect(context.now()).toBeGreaterThanOrEqual(context.endsAt - 2);
  });

  test("an answer that began is told apart from none", async () => {
    const run = tryCandidates(hurried(20), plan([A]), (_, call) => {
      call.status = 200;
      return hang(call);
    });
    expect((await rejection(run)).message).toContain("did not finish");
  });

  /** Hangs until its share is over, by a clock that moves by exactly that. */
  async function hangFor(share: number, call: Call, advance: (ms: number) => void): Promise<never> {
    try {
      return await hang(call);
    } finally {
      advance(share);
    }
  }

  test("a candidate that hangs leaves their share to the others", async () => {
    const { context, advance } = clockwork();
    context.endsAt = context.now() + 90;
    const value = await tryCandidates(context, plan([A, B, C]), async ({ provider }, call) =>
      provider.id === "c" ? "c answered" : hangFor(30, call, advance),
    );
    expect(value).toBe("c answered");
    expect(context.report.attempts.map(({ error }) => error?.message)).toEqual([
      "A did not answer within 30 ms.",
      "B did not answer within 30 ms.",
      undefined,
    ]);
  });

  test("those that nobody named have one share between them", async () => {
    const { context, advance } = clockwork();
    context.endsAt = context.now() + 40;
    const spare = [B, C].map((one) => ({ ...one, spare: true as const }));
    const run = tryCandidates(context, plan([A, ...spare]), async ({ provider }, call) => {
      if (provider.id === "c") throw failing("auth");
      return hangFor(provider.id === "a" ? 20 : 10, call, advance);
    });
    await rejection(run);
    expect(context.report.attempts.map(({ error }) => error?.message)).toEqual([
      "A did not answer within 20 ms.",
      "B did not answer within 10 ms.",
      "auth happened",
    ]);
  });

  test("where the config's own limit is the shorter one, it is what has to be raised", async () => {
    const { context, advance } = clockwork();
    const short = { ...A, media: { timeoutMs: 10 } };
    const error = await rejection(tryCandidates(context, plan([short]), (_, call) => hangFor(10, call, advance)));
    expect(error.details.hint).toBe("Raise timeoutSeconds under tools.media in the config.");
  });

  test("what a quick failure left over goes to the next", async () => {
    const { context, advance } = clockwork();
    context.endsAt = context.now() + 40;
    const run = tryCandidates(context, plan([A, B]), async (one, call) => {
      if (one === A) throw failing("auth");
      return hangFor(40, call, advance);
    });
    expect((await rejection(run)).message).toContain("B did not answer within 40 ms.");
  });

  test("a timeout is not repeated", async () => {
    const { context, waits } = clockwork();
    const { perform, calls } = scripted(passing("timeout"));
    expect((await rejection(tryCandidates(context, plan([A]), perform))).type).toBe("timeout");
    expect({ calls, waits }).toEqual({ calls: ["a"], waits: [] });
  });

  test("a wait between tries does not outlast the deadline: the cause stays", async () => {
    const { context, waits } = clockwork();
    context.endsAt = context.now() + 100;
    context.random = () => 0.9;
    const { perform, calls } = scripted(passing("network"));
    expect((await rejection(tryCandidates(context, plan([A]), perform))).type).toBe("network");
    expect({ calls, waits }).toEqual({ calls: ["a"], waits: [] });
  });
});

describe("Ctrl-C", () => {
  const interrupted = (exitCode = 130): InferError => new InferError("interrupted", "Interrupted.", { exitCode });

  test("stops the try, and nothing follows it", async () => {
    const controller = new AbortController();
    const { context, waits } = clockwork({ signal: controller.signal });
    const calls: string[] = [];
    const run = tryCandidates(context, plan([A, B]), async ({ provider }, call) => {
      calls.push(provider.id);
      queueMicrotask(() => controller.abort(interrupted()));
      return hang(call);
    });
    expect(await rejection(run)).toMatchObject({ type: "interrupted", exitCode: 130 });
    expect({ calls, waits }).toEqual({ calls: ["a"], waits: [] });
    expect(context.report.attempts).toMatchObject([
      { provider: "a", outcome: "failed", error: { type: "interrupted" } },
    ]);
  });

  test("ends a wait between tries, and nothing follows it", async () => {
    const controller = new AbortController();
    const { context } = clockwork({
      signal: controller.signal,
      sleep: async (_, signal) => {
        controller.abort(interrupted(143));
        signal.throwIfAborted();
      },
    });
    const { perform, calls } = scripted(passing(), null);
    const error = await rejection(tryCandidates(context, plan([A, B]), perform));
    expect(error).toMatchObject({ type: "interrupted", exitCode: 143 });
    expect(calls).toEqual(["a"]);
    expect(context.report.attempts).toHaveLength(1);
  });

  test("before the first try sends nothing", async () => {
    const sent: string[] = [];
    const fetch = (async (url: string) => {
      sent.push(url);
      return new Response();
    }) as unknown as typeof globalThis.fetch;
    const { error } = await runInProcess(
      ["model", "run", "--prompt", "x", "--model", "groq/m", "--fallback", "groq/n"],
      {
        env: { GROQ_API_KEY: "k" },
        signal: AbortSignal.abort(interrupted()),
        fetch,
      },
    );
    expect(error).toMatchObject({ type: "interrupted", exitCode: 130 });
    expect(sent).toEqual([]);
  });
});

describe("this machine's own trouble", () => {
  test("a disk that takes nothing is the same for the next one", async () => {
    const { perform, calls } = scripted(failing("io"), null);
    const error = await rejection(tryCandidates(clockwork().context, plan([A, B]), perform));
    expect({ type: error.type, calls }).toEqual({ type: "io", calls: ["a"] });
  });

  test("a program that does not start is only its own", async () => {
    const program = { ...A, program: { command: "heard", args: [], env: {} } };
    const { perform, calls } = scripted(failing("io"), null);
    await tryCandidates(clockwork().context, plan([program, B]), perform);
    expect(calls).toEqual(["a", "b"]);
  });
});

describe("the one that was asked in the end", () => {
  test("is named when it fails, too", async () => {
    const { context } = clockwork();
    const error = await rejection(
      tryCandidates(context, plan([A]), async (_, call) => {
        call.model = "other";
        throw failing("provider_error");
      }),
    );
    expect(error.details.model).toBe("other");
    expect(context.report).toMatchObject({ provider: "a", model: "other", attempts: [{ model: "other" }] });
  });
});
