import * as v from "valibot";
import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { VERSION } from "../version.ts";
import { type CodexAnswer, LOGIN_HINT, type Show, Turn } from "./codex-turn.ts";
import { type Json, RpcError, RpcProgram } from "./rpc-program.ts";
import { inTemporaryFolder } from "./temporary-folder.ts";

export interface CodexQuestion {
  prompt: string;
  system?: string | undefined;
  images: readonly { mimeType: string; base64: string }[];
  /** How hard to think, in Codex's words: `none`, `minimal`, `low`, `medium`, `high`, `xhigh`. */
  effort?: string | undefined;
}

/**
 * One prompt and one answer through the user's own `codex app-server`, with whatever it is logged in to. Nothing is kept,
 * and it may not do anything: no approval is given. The protocol: openai/codex, codex-rs/app-server/README.md, tried
 * with 0.169.
 */
export async function askCodex(
  context: Pick<Context, "env" | "cwd">,
  question: CodexQuestion,
  model: string | null,
  signal: AbortSignal,
  show: Show,
): Promise<CodexAnswer> {
  signal.throwIfAborted();
  const command = commandOf(context);
  // Empty, so that there is no project and nothing to read.
  return inTemporaryFolder("infer-codex-", async (folder) => {
    const turn = new Turn(show);
    await using program = RpcProgram.start(context, command, folder, {
      notification: (method, params) => turn.hear(method, params),
      request: refuse,
    });
    return await unlessAborted(signal, converse(program, turn, question, model, folder), () => turn.interrupt(program));
  });
}

/** OpenClaw's variables for another program and other arguments. */
function commandOf({ env, cwd }: Pick<Context, "env" | "cwd">): string[] {
  const name = env.OPENCLAW_CODEX_APP_SERVER_BIN?.trim() || "codex";
  const words = env.OPENCLAW_CODEX_APP_SERVER_ARGS?.match(/"[^"]*"|'[^']*'|[^\s"']+/g);
  const args = words?.map((word) => word.replace(/^(["'])(.*)\1$/s, "$2"));
  const path = Bun.which(name, { PATH: env.PATH ?? "", cwd });
  if (path) return [path, ...(args ?? ["app-server", "--listen", "stdio://"])];
  throw new InferError("not_found", `There is no program "${name}".`, {
    hint: "Install Codex and log in (npm install -g @openai/codex; codex login), or name it in OPENCLAW_CODEX_APP_SERVER_BIN.",
  });
}

async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>, interrupt: () => void): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => {
    interrupt();
    reject(signal.reason);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    // It fails once more when the program goes away; that is no news.
    work.catch(() => undefined);
  }
}

async function converse(
  program: RpcProgram,
  turn: Turn,
  question: CodexQuestion,
  model: string | null,
  folder: string,
): Promise<CodexAnswer> {
  try {
    await program.request("initialize", {
      clientInfo: { name: "infer", title: "infer", version: VERSION.version },
      capabilities: { experimentalApi: true },
    });
    program.notify("initialized");
    const [models, thread] = await Promise.all([
      modelsOf(program),
      startThread(program, question, model, folder),
      refuseLoggedOut(program),
    ]);
    refuseUnfit(models, model, thread, question);
    const input = [
      { type: "text", text: question.prompt, text_elements: [] },
      ...question.images.map(({ mimeType, base64 }) => ({ type: "image", url: `data:${mimeType};base64,${base64}` })),
    ];
    turn.threadId = thread.id;
    const { effort } = question;
    const params = { threadId: thread.id, input, ...(effort !== undefined && { effort }) };
    const { turn: started } = v.parse(turnStarted, await program.request("turn/start", params));
    turn.id = started.id;
    return await program.orEnd(turn.answer);
  } catch (thrown) {
    if (thrown instanceof RpcError) throw refused(thrown);
    if (!(thrown instanceof v.ValiError)) throw thrown;
    throw new InferError("provider_error", `codex app-server cannot be understood: ${thrown.message}`, {
      hint: "Bring Codex up to date: npm install -g @openai/codex",
    });
  }
}

const threadStarted = v.object({ thread: v.object({ id: v.string() }), modelProvider: v.optional(v.string()) });
const turnStarted = v.object({ turn: v.object({ id: v.string() }) });

interface Thread {
  id: string;
  /** `openai`, or one that the user's own config of Codex declares. */
  modelProvider: string | undefined;
}

/** What takes its tools away, as far as there are switches. Codex passes over the ones it does not know. */
const WITHOUT_TOOLS = {
  web_search: "disabled",
  project_doc_max_bytes: 0,
  include_environment_context: false,
  include_permissions_instructions: false,
  "skills.include_instructions": false,
  "tools.experimental_request_user_input.enabled": false,
  "features.shell_tool": false,
  "features.view_image": false,
  "features.image_generation": false,
  "features.goals": false,
  "features.apps": false,
  "features.plugins": false,
  "features.multi_agent": false,
  "features.tool_suggest": false,
};

async function startThread(
  program: RpcProgram,
  { system }: CodexQuestion,
  model: string | null,
  cwd: string,
): Promise<Thread> {
  const plain = {
    ...(model !== null && { model }),
    cwd,
    approvalPolicy: "never",
    sandbox: "read-only",
    ephemeral: true,
    baseInstructions: system ?? "You are a helpful assistant.",
    developerInstructions: "Answer the message directly. Call no tools and change nothing.",
  };
  // No environment means no shell and no files: an experimental member, which a version may not have.
  const bare = { ...plain, environments: [], config: WITHOUT_TOOLS };
  const answer = await program.request("thread/start", bare).catch((thrown: unknown) => {
    if (thrown instanceof RpcError && INVALID.includes(thrown.code)) return program.request("thread/start", plain);
    throw thrown;
  });
  const { thread, modelProvider } = v.parse(threadStarted, answer);
  return { id: thread.id, modelProvider };
}

/** JSON-RPC's codes for a request and for parameters that are not as they should be. */
const INVALID = [-32600, -32602];

const modelList = v.object({
  data: v.array(
    v.object({ id: v.string(), model: v.optional(v.string()), inputModalities: v.optional(v.array(v.string())) }),
  ),
});
type Models = v.InferOutput<typeof modelList>["data"];

/** Only a check: a version that cannot tell is no obstacle. */
async function modelsOf(program: RpcProgram): Promise<Models> {
  const answer = await program.request("model/list", { limit: 100, includeHidden: true }).catch(orNothing);
  const result = v.safeParse(modelList, answer);
  return result.success ? result.output.data : [];
}

async function refuseLoggedOut(program: RpcProgram): Promise<void> {
  const { account, requiresOpenaiAuth } = await program.request("account/read", {}).catch(orNothing);
  if (requiresOpenaiAuth !== true || account) return;
  throw new InferError("auth", "Codex is not logged in.", { hint: LOGIN_HINT });
}

/** A refusal is an answer; that the program has ended is not. */
function orNothing(thrown: unknown): Json {
  if (thrown instanceof RpcError) return {};
  throw thrown;
}

function refuseUnfit(models: Models, model: string | null, thread: Thread, { images }: CodexQuestion): void {
  if (model === null || models.length === 0) return;
  const listed = models.find((entry) => entry.id === model || entry.model === model);
  if (!listed) {
    // The list is OpenAI's: another provider's models are not on it.
    if (thread.modelProvider !== "openai") return;
    const known = models.map(({ id }) => id).join(", ");
    throw new InferError("not_found", `Codex has no model "${model}".`, { hint: `It has: ${known}` });
  }
  if (images.length === 0 || (listed.inputModalities?.includes("image") ?? true)) return;
  throw new InferError("usage", `Codex's model ${model} takes text only; it cannot see the image.`, {
    hint: "Choose a model that takes images with --model, or leave --file out.",
  });
}

/** Nobody is there to approve anything. The forms are those of the generated schema, the older ones included. */
function refuse(method: string): Json | undefined {
  switch (method) {
    case "item/permissions/requestApproval":
      return { permissions: {}, scope: "turn" };
    case "mcpServer/elicitation/request":
      return { action: "decline", content: null, _meta: null };
    case "item/tool/requestUserInput":
      return { answers: {} };
    case "item/tool/call":
      return { contentItems: [], success: false };
    case "applyPatchApproval":
    case "execCommandApproval":
      return { decision: "denied" };
    default:
      return method.endsWith("/requestApproval") ? { decision: "decline" } : undefined;
  }
}

/** The README: -32001 is a server that has too much to do. */
function refused({ code, message }: RpcError): InferError {
  return new InferError("provider_error", `codex app-server: ${message}`, { retryable: code === -32001 });
}
