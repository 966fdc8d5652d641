import { Catalog, type KnownModel } from "../capabilities/catalog.ts";
import { CATALOG_DATE } from "../catalog/index.ts";
import { loadConfig } from "../config/file.ts";
import type { Input } from "../core/capability.ts";
import type { Context } from "../core/context.ts";
import { EXIT_CODES } from "../core/error.ts";
import type { Result } from "../core/result.ts";
import { Keyring } from "../engine/keyring.ts";
import { columns } from "./columns.ts";
import { tell } from "./warnings.ts";

/**
 * `infer model list`: the compiled-in list (see `CATALOG_DATE`) with the config's models, and with `--refresh` the
 * providers' own lists. A provider that cannot be asked is a warning; when it is the only one that was to be asked, its
 * failure is the command's, and when there are several and all fail, the list is printed and the exit code is that of
 * `partial`.
 */
export async function list(context: Context, input: Input<"model.list">): Promise<Result> {
  const catalog = await open(context);
  let exitCode = 0;
  if (input.refresh) {
    const { asked, failures } = await catalog.refresh(context, input.provider);
    const [only] = failures;
    if (only && asked === 1) throw only;
    for (const { message, details } of failures) await tell(context, "warn", `${details.provider}: ${message}`);
    if (failures.length === asked) exitCode = EXIT_CODES.partial;
  }
  const models = catalog.list(input);
  if (models.length === 0) await tell(context, "warn", `No model is like that. ${elsewhere(input)}`);
  await tell(context, "verbose", `${dated()}; --refresh asks the providers themselves.`);
  return { kind: "inventory", value: models.map(complete), text: table(models), exitCode };
}

/** `infer model inspect` */
export async function inspect(context: Context, input: Input<"model.inspect">): Promise<Result> {
  const model = (await open(context)).find(input.model);
  await tell(context, "verbose", dated());
  return { kind: "inventory", value: complete(model), text: card(model) };
}

/** `infer model providers` */
export async function providers(context: Context): Promise<Result> {
  const entries = await (await open(context)).providers();
  const rows = entries.map(({ provider, count, defaults, configured, selected }) => [
    provider,
    `${count} model${count === 1 ? "" : "s"}`,
    selected ? "selected" : configured ? "configured" : "-",
    defaults[0] ?? "-",
  ]);
  return { kind: "inventory", value: entries, text: columns(rows) };
}

async function open(context: Context): Promise<Catalog> {
  return new Catalog(new Keyring(context, await loadConfig(context)));
}

/**
 * A row with all six of OpenClaw's members, so that `jq '.[] | .input[]'` works on each. Of what nobody tells, it says the
 * least: text, which every one of them takes, no reasoning, and a context of 0, which means that it is not known. People are told what is known, and no more.
 */
function complete({ id, name, provider, contextWindow = 0, reasoning = false, input = ["text"], ...more }: KnownModel) {
  return { id, name, provider, contextWindow, reasoning, input, ...more };
}

/** What to do about an empty list. */
function elsewhere({ refresh, provider, search, input }: Input<"model.list">): string {
  const filters = Object.entries({ "--provider": provider, "--search": search, "--input": input });
  const given = filters.flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const wider = given.length > 0 ? `Leave out ${given.join(" or ")}, or see infer model providers.` : "";
  return refresh ? wider : `With --refresh the providers are asked, too. ${wider}`.trimEnd();
}

function dated(): string {
  const { version, listed, additions } = CATALOG_DATE;
  return `The compiled-in list is OpenClaw ${version}'s of ${listed}, with the default models of ${additions}`;
}

/** The ref comes first, so that `cut -d" " -f1` and `fzf` have what `--model` takes. */
function table(models: readonly KnownModel[]): string {
  return columns(
    models.map(({ provider, id, contextWindow, input, reasoning }) => [
      `${provider}/${id}`,
      contextWindow === undefined ? "-" : short(contextWindow),
      input?.join(",") ?? "-",
      reasoning ? "reasoning" : "-",
    ]),
  );
}

function card(model: KnownModel): string {
  const { provider, id, name, contextWindow, maxTokens, input, reasoning, source } = model;
  const lines: [string, string | undefined][] = [
    ["model", `${provider}/${id}`],
    ["name", name],
    ["context", contextWindow === undefined ? undefined : `${contextWindow} tokens`],
    ["answer", maxTokens === undefined ? undefined : `at most ${maxTokens} tokens`],
    ["input", input?.join(", ")],
    ["reasoning", reasoning === undefined ? undefined : reasoning ? "yes" : "no"],
    ["source", source],
  ];
  return columns(lines.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}

/** 200000 → `200k`, 1048576 → `1M`. */
function short(tokens: number): string {
  if (tokens >= 1_000_000) return `${Number((tokens / 1_000_000).toFixed(1))}M`;
  return tokens >= 1000 ? `${Math.round(tokens / 1000)}k` : String(tokens);
}
