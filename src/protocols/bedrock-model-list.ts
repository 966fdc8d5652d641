import * as v from "valibot";
import {
  entries,
  get,
  inOurWords,
  type ListedModel,
  list,
  type ModelList,
  modelId,
  noList,
  parse,
  plainName,
  word,
  words,
} from "./listed-model.ts";
import { endpoint } from "./wire.ts";

/** The foundation models of a region. */
export const bedrockModels: ModelList = {
  // The list is the control plane's, whose host is not the runtime's; both are signed for the service `bedrock`.
  // https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html
  request: (baseUrl) =>
    get(endpoint(baseUrl.replace(/\/\/bedrock-runtime(?=[.-])/, "//bedrock"), "/foundation-models")),
  read(json) {
    const { modelSummaries } = parse(bedrockPage, json);
    if (!modelSummaries) throw noList();
    return { models: entries(bedrockModel, modelSummaries, fromBedrock) };
  },
};

const bedrockPage = v.object({ modelSummaries: list });
const bedrockModel = v.object({ modelId, modelName: word, inputModalities: words, outputModalities: words });

function fromBedrock(told: v.InferOutput<typeof bedrockModel>): ListedModel {
  const { modelId, modelName, inputModalities, outputModalities } = told;
  return {
    id: modelId,
    ...(modelName !== undefined && { name: plainName(modelName) }),
    ...(inputModalities && { input: inOurWords(inputModalities) }),
    ...(outputModalities && !outputModalities.includes("TEXT") && { notText: true }),
  };
}
