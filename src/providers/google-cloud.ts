import type { AuthForm, Provider, Setting } from "./types.ts";

/** An access token by hand (`gcloud auth print-access-token`), or an API key. */
const KEY_FORMS: readonly AuthForm[] = [
  { keys: /^ya29\./, header: "authorization", prefix: "Bearer " },
  { header: "x-goog-api-key" },
];

const PROJECT = "Google Cloud project";

/** Global and the two multi-regions have hosts of their own, as Anthropic's Vertex SDK has them. */
function location(env: readonly string[], publisher: string): Setting {
  const path = (place: string): string => `/v1/projects/{project}/locations/${place}/publishers/${publisher}`;
  return {
    name: "Google Cloud location",
    env,
    default: "global",
    baseUrls: {
      global: `https://aiplatform.googleapis.com${path("global")}`,
      us: `https://aiplatform.us.rep.googleapis.com${path("us")}`,
      eu: `https://aiplatform.eu.rep.googleapis.com${path("eu")}`,
    },
  };
}

/** What Google serves to its cloud customers, and to whoever has logged in with Gemini CLI. */
export const GOOGLE_CLOUD_PROVIDERS: readonly Provider[] = [
  {
    id: "google-vertex",
    name: "Google Vertex AI",
    env: ["GOOGLE_CLOUD_API_KEY"],
    baseUrl:
      "https://{location}-aiplatform.googleapis.com/v1/projects/{project}/locations/{location}/publishers/google",
    settings: {
      project: { name: PROJECT, env: ["GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT"] },
      location: location(["GOOGLE_CLOUD_LOCATION"], "google"),
    },
    auth: KEY_FORMS,
    scheme: "google-adc",
    text: { protocol: "google-generate-content", defaultModel: "gemini-3.1-pro-preview" },
  },
  {
    id: "anthropic-vertex",
    name: "Anthropic on Vertex AI",
    env: [],
    baseUrl:
      "https://{location}-aiplatform.googleapis.com/v1/projects/{project}/locations/{location}/publishers/anthropic",
    settings: {
      project: {
        name: PROJECT,
        env: ["ANTHROPIC_VERTEX_PROJECT_ID", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_PROJECT_ID"],
      },
      location: location(["GOOGLE_CLOUD_LOCATION", "CLOUD_ML_REGION"], "anthropic"),
    },
    auth: KEY_FORMS,
    scheme: "google-adc",
    text: {
      protocol: "anthropic-messages",
      defaultModel: "claude-sonnet-4-6",
      quirks: {
        vertex: true,
        maxTokens: [
          { model: /claude-3-(?:opus|sonnet|haiku)/, tokens: 4096 },
          { model: /claude-3-5/, tokens: 8192 },
          { model: /claude/, tokens: 32_000 },
        ],
      },
    },
  },
  {
    id: "google-gemini-cli",
    name: "Gemini CLI",
    aliases: ["gemini-cli"],
    env: [],
    baseUrl: "https://cloudcode-pa.googleapis.com",
    // Gemini CLI's own variable for another server.
    hostEnv: ["CODE_ASSIST_ENDPOINT"],
    settings: { project: { name: PROJECT, env: ["GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_PROJECT_ID"] } },
    scheme: "google-gemini-cli",
    text: { protocol: "google-code-assist", defaultModel: "gemini-3-flash-preview" },
  },
];
