import type { CatalogModel } from "../catalog/index.ts";
import { CATALOG_DATE, catalogModels } from "../catalog/index.ts";
import { defaultModels, resolveAlias } from "../config/agent.ts";
import type { ConfiguredModel } from "../config/schema.ts";
import type { Context } from "../core/context.ts";
import { InferError } from "../core/error.ts";
import { parseRef } from "../core/ref.ts";
import { didYouMean } from "../core/suggest.ts";
import { configuredBy, selectCandidates } from "../engine/candidates.ts";
import { findProvider, isOfUse, type KnownProvider, knownProviders } from "../engine/directory.ts";
import type { Keyring } from "../engine/keyring.ts";
import { isListable } from "../engine/model-list.ts";
import type { ListedModel } from "../protocols/listed-model.ts";
import { DEFAULT_PROVIDER, FIRST_STEPS } from "../providers/table.ts";
import { askForModels } from "./catalog-refresh.ts";

/** A model as the inventories print it: OpenClaw's members first. What nobody tells is absent. */
export interface KnownModel {
  id: string;
  name: string;
  provider: string;
  /** Tokens. */
  contextWindow?: number;
  reasoning?: boolean;
  input?: string[];
  /** Longest answer, in tokens. */
  maxTokens?: number;
  /** Who tells of it: the compiled-in list, the provider's own, or the config. The later ones win, member by member. */
  source: "catalog" | "provider" | "config";
}

export interface ModelFilter {
  provider?: string | undefined;
  input?: string | undefined;
  search?: string | undefined;
}

/** A provider as OpenClaw's `model providers` has it. */
export interface ProviderEntry {
  provider: string;
  count: number;
  /** The model of a run that names only the provider, then the first of the list. */
  defaults: string[];
  available: true;
  configured: boolean;
  selected: boolean;
}

/** Every model that is known without asking anybody: the compiled-in list and the config's models, merged. */
export class Catalog {
  readonly #keyring: Keyring;
  readonly #providers: readonly KnownProvider[];
  /** The names that the compiled-in list has for providers. */
  readonly #names: ReadonlySet<string>;
  /** By provider, then by id. */
  readonly #models = new Map<string, Map<string, KnownModel>>();

  constructor(keyring: Keyring) {
    this.#keyring = keyring;
    this.#providers = knownProviders(keyring.loaded);
    const compiledIn = catalogModels();
    this.#names = new Set(compiledIn.map(({ provider }) => provider));
    for (const model of compiledIn) this.#add(model.provider, model, "catalog");
    for (const provider of this.#providers) {
      if (provider.configPath !== undefined) this.#adopt(provider);
      this.#addDefault(provider);
    }
    this.#addConfigured();
  }

  /** Sorted as OpenClaw sorts them: by provider, then by name. */
  list({ provider, input, search = "" }: ModelFilter): KnownModel[] {
    const name = provider === undefined ? undefined : this.#nameOf(provider);
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (model: KnownModel): boolean => {
      // Of a model of which no more is known than its name: it is in a list of text models.
      if (input !== undefined && !(model.input ?? ["text"]).includes(input)) return false;
      const text = `${model.id}\n${model.name}`.toLowerCase();
      return words.every((word) => text.includes(word));
    };
    const groups = name === undefined ? [...this.#models.values()] : [this.#models.get(name) ?? new Map()];
    return sorted(groups.flatMap((group) => [...group.values()]).filter(fits));
  }

  /** One model by its ref, an alias of the config, or the name of one of the default provider's. */
  find(text: string): KnownModel {
    const ref = resolveAlias(this.#keyring.loaded, text) ?? text;
    const { provider, model: id } = parseRef(ref) ?? { provider: this.#defaultProvider(), model: ref.trim() };
    const name = this.#nameOf(provider);
    const models = this.#models.get(name);
    const known = this.#reached(provider);
    const model = spellings(id, known).flatMap((one) => models?.get(one) ?? [])[0];
    if (model) return model;
    const guess = didYouMean(id, [...(models?.keys() ?? [])]);
    const sent = known?.text ? ` model run sends a model that the list does not know as it is.` : "";
    throw new InferError(
      "not_found",
      `The list of ${CATALOG_DATE.listed} has no model ${name}/${id}, nor has the config.`,
      {
        hint: `${guess ? `${guess} ` : ""}See infer model list --provider ${name}.${sent}`,
      },
    );
  }

  /** Every provider of text models, sorted by name. Nothing is asked of the network. */
  async providers(): Promise<ProviderEntry[]> {
    const listed = new Set(this.#models.keys());
    // Another address of a vendor is told once the config or the list names it.
    const served = this.#providers.filter((provider) => provider.text && isOfUse(provider));
    for (const provider of served) listed.add(this.#listedAs(provider));
    const selected = await this.#selected();
    const entries: ProviderEntry[] = [];
    for (const name of [...listed].sort()) {
      const provider = this.#reached(name);
      const models = sorted([...(this.#models.get(name)?.values() ?? [])]);
      entries.push({
        provider: name,
        count: models.length,
        defaults: defaultsOf(provider, models),
        available: true,
        configured: provider?.text !== undefined && (await configuredBy(provider, this.#keyring)) !== null,
        selected: selected !== undefined && this.#listedAs(selected) === name,
      });
    }
    return entries;
  }

  /**
   * Asks the configured providers, or the named one, for their own lists, and merges what they say. What a provider no
   * longer lists stays: the compiled-in list still knows it, and `source` tells them apart.
   */
  async refresh(context: Context, named: string | undefined): Promise<{ asked: number; failures: InferError[] }> {
    const providers = named === undefined ? await this.#configured() : [this.#provider(named)];
    if (providers.length === 0) {
      throw new InferError("auth", "No provider that could be asked is set up.", { hint: FIRST_STEPS });
    }
    const answers = await askForModels(context, this.#keyring, providers);
    for (const { provider, models } of answers) {
      const name = this.#listedAs(provider);
      for (const model of models) if (!model.notText) this.#add(name, model, "provider");
    }
    // The config has the last word.
    this.#addConfigured();
    return { asked: answers.length, failures: answers.flatMap(({ failure }) => failure ?? []) };
  }

  async #configured(): Promise<KnownProvider[]> {
    const found: KnownProvider[] = [];
    for (const provider of this.#providers.filter(isListable)) {
      if (await configuredBy(provider, this.#keyring)) found.push(provider);
    }
    return found;
  }

  /** The provider that a bare `model run` would choose. */
  async #selected(): Promise<KnownProvider | undefined> {
    try {
      const candidates = await selectCandidates({ service: "text", fallback: [], probe: false }, this.#keyring);
      return (candidates.find(({ problem }) => !problem) ?? candidates[0])?.provider;
    } catch (thrown) {
      if (thrown instanceof InferError && thrown.type === "auth") return undefined;
      throw thrown;
    }
  }

  #addConfigured(): void {
    for (const provider of this.#providers.filter(({ configPath }) => configPath !== undefined)) {
      for (const model of provider.models) this.#add(this.#listedAs(provider), membersOf(model), "config");
    }
  }

  /** A run that names the provider alone asks for this one: no list is right that has not got it. */
  #addDefault(provider: KnownProvider): void {
    const { text, variantOf } = provider;
    const name = this.#listedAs(provider);
    const id = text?.defaultModel;
    if (id !== undefined && variantOf === undefined && !this.#models.get(name)?.has(id))
      this.#add(name, { id }, "catalog");
  }

  /** Another address of a vendor has the vendor's models, where the list has none under its own name. */
  #adopt(provider: KnownProvider): void {
    const name = this.#listedAs(provider);
    const main = this.#providers.find(({ id }) => id === provider.variantOf);
    if (!main || this.#models.has(name)) return;
    const models = [...(this.#models.get(this.#listedAs(main))?.values() ?? [])];
    for (const model of models) if (model.source === "catalog") this.#add(name, model, "catalog");
  }

  #add(provider: string, told: Omit<CatalogModel, "provider"> & { maxTokens?: number }, source: KnownModel["source"]) {
    const models = this.#models.get(provider) ?? new Map<string, KnownModel>();
    this.#models.set(provider, models);
    const before = models.get(told.id);
    const { id, name, contextWindow, reasoning, input, maxTokens } = { ...before, ...told };
    // A provider's own list has short names where it has any: the one that is known stays.
    const kept = source === "provider" && before?.name !== id ? before?.name : undefined;
    models.set(id, {
      id,
      name: kept ?? name ?? id,
      provider,
      ...(contextWindow !== undefined && { contextWindow }),
      ...(reasoning !== undefined && { reasoning }),
      ...(input !== undefined && { input }),
      ...(maxTokens !== undefined && { maxTokens }),
      source,
    });
  }

  /**
   * How the inventories spell a provider: as OpenClaw's own list does (`moonshotai` for `moonshot`), where it has models
   * under one of the provider's names.
   */
  #listedAs({ id, aliases = [], variantOf }: KnownProvider): string {
    const main = this.#providers.find((provider) => provider.id === variantOf);
    const suffix = variantOf === undefined ? "" : id.slice(variantOf.length);
    const names = [id, ...aliases, ...(main?.aliases ?? []).map((alias) => `${alias}${suffix}`)];
    // A name may be another provider's own.
    const isFree = (name: string): boolean => name === id || !this.#providers.some((provider) => provider.id === name);
    return names.find((name) => this.#names.has(name) && isFree(name)) ?? id;
  }

  /** The spelling of the inventories for any name of a provider. */
  #nameOf(name: string): string {
    const id = name.toLowerCase();
    if (this.#models.has(id)) return id;
    const provider = this.#provider(name);
    this.#adopt(provider);
    return this.#listedAs(provider);
  }

  #provider(name: string): KnownProvider {
    const provider = this.#reached(name);
    if (provider) return provider;
    const names = [...new Set([...this.#models.keys(), ...this.#providers.map(({ id }) => id)])].sort();
    throw new InferError("not_found", `There is no provider "${name}".`, {
      hint: [didYouMean(name, names), "See infer model providers"].filter(Boolean).join(" "),
    });
  }

  /** The provider behind any of its names. The list's name for another address of a vendor is known here alone. */
  #reached(name: string): KnownProvider | undefined {
    const known = findProvider(this.#providers, name);
    return known ?? this.#providers.find((provider) => this.#listedAs(provider) === name.toLowerCase());
  }

  #defaultProvider(): string {
    const [primary] = defaultModels(this.#keyring.loaded).refs;
    return (primary && parseRef(primary)?.provider) || DEFAULT_PROVIDER;
  }
}

/** OpenClaw sorts names as people do: capitals and small letters together. */
function sorted(models: KnownModel[]): KnownModel[] {
  const { compare } = new Intl.Collator("en");
  return models.sort((a, b) =>
    a.provider === b.provider ? compare(a.name, b.name) : a.provider < b.provider ? -1 : 1,
  );
}

function defaultsOf(provider: KnownProvider | undefined, models: readonly KnownModel[]): string[] {
  const own = provider?.configPath === undefined ? undefined : provider.models[0]?.id;
  const first = own ?? provider?.text?.defaultModel;
  const ids = new Set([...(first === undefined ? [] : [first]), ...models.map(({ id }) => id)]);
  return [...ids].slice(0, 3);
}

/** The ways in which a run would send this id: `openrouter/auto` is short for OpenRouter's own `openrouter/auto`. */
function spellings(id: string, provider: KnownProvider | undefined): string[] {
  const { bareModelPrefix = "", modelAliases = {} } = provider?.text ?? {};
  const alias = Object.hasOwn(modelAliases, id) ? modelAliases[id] : undefined;
  return [id, ...(alias === undefined ? [] : [alias]), `${bareModelPrefix}${id}`];
}

/** What the config says of a model; a member that it leaves out is not told. */
function membersOf(model: ConfiguredModel): ListedModel {
  const { id, name, contextWindow, reasoning, input, maxTokens }: Partial<Told> & { id: string } = model;
  return {
    id,
    ...(name !== undefined && { name }),
    ...(contextWindow !== undefined && { contextWindow }),
    ...(reasoning !== undefined && { reasoning }),
    ...(input !== undefined && { input }),
    ...(maxTokens !== undefined && { maxTokens }),
  };
}

type Told = { [Member in keyof ListedModel]: ListedModel[Member] | undefined };
