import * as v from "valibot";
import { InferError } from "../core/error.ts";
import { generateContent, googleGenerateContent } from "./google-generate-content.ts";
import { parseJson, parseMessage } from "./message.ts";
import {
  type Built,
  defined,
  endpoint,
  jsonRequest,
  type Route,
  type Step,
  type TextProtocol,
  type TextRequest,
} from "./wire.ts";

/**
 * `POST /v1internal:streamGenerateContent`: Gemini's wire in an envelope, as Gemini CLI speaks it. The model and the
 * project stand beside the request, and every answer is the `response` of a message.
 */
export const googleCodeAssist: TextProtocol = { framing: "sse", build, readFrame, readWhole };

function build(request: TextRequest, route: Route): Built {
  const { body, ignored } = generateContent(request, route);
  const envelope = { model: route.model, ...defined({ project: projectOf(route) }), request: body };
  const url = endpoint(route.baseUrl, "/v1internal:streamGenerateContent?alt=sse", /\/v1internal$/);
  return { request: jsonRequest(url, envelope), ignored };
}

/** Google itself answers nothing without one; a server of the user's own may know which one it is. */
function projectOf({ project, baseUrl }: Route): string | undefined {
  const isGoogle = URL.parse(baseUrl)?.hostname.endsWith(".googleapis.com") ?? false;
  if (project !== undefined || !isGoogle) return project;
  throw new InferError("usage", "Google Code Assist is asked for a project of Google Cloud, and none is set.", {
    hint: "Choose the provider google-gemini-cli, which finds the project of its login or takes GOOGLE_CLOUD_PROJECT.",
  });
}

const message = v.object({ response: v.nullish(v.unknown()), error: v.nullish(v.unknown()) });

function readFrame(frame: { data: string }): Step {
  return readWhole(parseJson(frame.data));
}

function readWhole(json: unknown): Step {
  const { response, error } = parseMessage(message, json);
  if (error) return { failure: error };
  return response ? googleGenerateContent.readWhole(response) : {};
}
