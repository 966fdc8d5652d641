import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash, createHmac, createVerify, generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PROVIDERS } from "../../src/providers/table.ts";
import { WIRES } from "../hazards/wires.ts";
import { runInProcess } from "../support/context.ts";
import { TemporaryFolder } from "../support/folder.ts";
import { LOGINS } from "../support/logins.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const FACTS = `${import.meta.dir}/../../../shared/facts/provider-facts.json`;
const FAKE_CODEX = join(import.meta.dir, "../support/fake-codex.ts");
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const DATA_URL = `data:image/png;base64,${PIXEL}`;

/** A request as the vendor got it. */
interface Sent {
  method: string;
  url: string;
  headers: Record<string, string>;
  text: string;
}

/** A request that is made before the model is asked. */
interface Step {
  /** Method and address. */
  to: string;
  headers?: Record<string, unknown>;
  /** A form, or JSON. */
  body?: object;
  check?: (sent: Sent) => unknown;
  answer: object | string;
  answerHeaders?: Record<string, string>;
}

/** One way to be let in. `{home}` in its variables and files is the home of the run. */
interface Way {
  name: string;
  env?: Record<string, string>;
  files?: Record<string, object | string>;
  steps?: readonly Step[];
  /** Where the model is asked, without the path of its wire. */
  base: string;
  /** Every header that has to do with who asks. */
  who: Record<string, unknown> | ((sent: Sent) => Record<string, unknown>);
}

/** One wire of a provider: what is sent for this model, written out. */
interface Face {
  ask: string;
  /** What follows the base of the way. */
  path: string;
  wire: keyof typeof WIRES;
  headers?: Record<string, unknown>;
  /** For `Hi`, with `--system "Be brief" --max-tokens 9 --temperature 0`. */
  body: object;
  ignored?: readonly object[];
  /** What a picture adds to headers. */
  seenHeaders?: Record<string, unknown>;
  seen: object;
  /** `null`: cannot be told, and is reported. */
  thinking: Readonly<Record<string, object | null>>;
  errors: readonly [status: number, body: object, type: string, message: string, headers?: Record<string, string>][];
}

interface Login {
  /** `provider` and `variant` of the facts. */
  fact: string;
  /** The first is the one that the wires are tried with. */
  ways: readonly [Way, ...Way[]];
  faces: readonly Face[];
  /** The model and the rest of the address when no model is told. */
  fallback: { model: string; path: string };
  /** A step that is refused: the way, the step's answer, and what becomes of it. */
  denied?: { way: string; status: number; body: object | string; message: string }[];
}

// --- AWS ---

const KEYS = { id: "AKIDEXAMPLE", secret: "the-secret-key", token: "the-session-token" };
const LASTING = { id: "AKIDLASTING", secret: "the-lasting-secret" };
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** Signature Version 4 of what was sent, anew: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function authorization(sent: Sent, service: string, region: string, { id, secret }: { id: string; secret: string }) {
  const url = new URL(sent.url);
  const [, names = ""] = /SignedHeaders=([^,]+),/.exec(sent.headers.authorization ?? "") ?? [];
  // Every segment is encoded once more than the address has it.
  const path = url.pathname.split("/").map(encodeURIComponent).join("/");
  const lines = names.split(";").map((name) => `${name}:${name === "host" ? url.host : sent.headers[name]}`);
  const canonical = ["POST", path, "", ...lines, "", names, sha256(sent.text)].join("\n");
  const scope = `20260102/${region}/${service}/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", "20260102T030405Z", scope, sha256(canonical)].join("\n");
  const key = ["20260102", region, service, "aws4_request"].reduce<string | Buffer>(hmac, `AWS4${secret}`);
  const signature = createHmac("sha256", key).update(toSign).digest("hex");
  return `AWS4-HMAC-SHA256 Credential=${id}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
}

/** What a signed request to Bedrock says of who asks; the host, the date and the session's token are signed. */
function signed(region: string, keys: { id: string; secret: string; token?: string } = KEYS) {
  return (sent: Sent) => {
    const names = `host;x-amz-date${keys.token ? ";x-amz-security-token" : ""}`;
    expect(sent.headers.authorization).toContain(`SignedHeaders=${names},`);
    return {
      authorization: authorization(sent, "bedrock", region, keys),
      "x-amz-date": "20260102T030405Z",
      ...(keys.token && { "x-amz-security-token": keys.token }),
    };
  };
}

/** A key for Mantle is a signed address in base64. */
function minted(region: string, keys: { id: string; token?: string } = KEYS) {
  return ({ headers: { authorization: given = "" } }: Sent) => {
    const key = given.replace("Bearer bedrock-api-key-", "");
    const address = new URL(`https://${Buffer.from(key, "base64")}`);
    expect(address.origin + address.pathname).toBe("https://bedrock.amazonaws.com/");
    const { "X-Amz-Signature": signature, ...told } = Object.fromEntries(address.searchParams);
    expect(signature).toMatch(/^[0-9a-f]{64}$/);
    expect(told).toEqual({
      Action: "CallWithBearerToken",
      Version: "1",
      "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
      "X-Amz-Credential": `${keys.id}/20260102/${region}/bedrock/aws4_request`,
      "X-Amz-Date": "20260102T030405Z",
      "X-Amz-Expires": "3600",
      "X-Amz-SignedHeaders": "host",
      ...(keys.token && { "X-Amz-Security-Token": keys.token }),
    });
    return { authorization: expect.stringMatching(/^Bearer bedrock-api-key-[A-Za-z0-9+/=]+$/) };
  };
}

const ENV_KEYS = {
  AWS_ACCESS_KEY_ID: KEYS.id,
  AWS_SECRET_ACCESS_KEY: KEYS.secret,
  AWS_SESSION_TOKEN: KEYS.token,
};
const HANDED_OUT = { AccessKeyId: KEYS.id, SecretAccessKey: KEYS.secret, Token: KEYS.token };
const STS_ANSWER = `<R><Credentials><AccessKeyId>${KEYS.id}</AccessKeyId><SecretAccessKey>${KEYS.secret}</SecretAccessKey><SessionToken>${KEYS.token}</SessionToken></Credentials></R>`;
const LASTING_KEYS = `aws_access_key_id = ${LASTING.id}\naws_secret_access_key = ${LASTING.secret}\n`;
const IMDS = "http://169.254.169.254/latest";
const imdsToken: Step = {
  to: `PUT ${IMDS}/api/token`,
  headers: { "x-aws-ec2-metadata-token-ttl-seconds": "21600" },
  answer: "imds-token",
};
const imdsRoles: Step = {
  to: `GET ${IMDS}/meta-data/iam/security-credentials/`,
  headers: { "x-aws-ec2-metadata-token": "imds-token" },
  answer: "my-role",
};

/** The facts' variables; `base` is the address in a region, and `who` what stands on a request for it. */
function awsWays(
  base: (region: string) => string,
  who: (region: string, keys?: { id: string; secret: string; token?: string }) => Way["who"],
): [Way, ...Way[]] {
  return [
    {
      name: "the bearer token, in the default region",
      env: { AWS_BEARER_TOKEN_BEDROCK: "bedrock-key-1", ...ENV_KEYS },
      base: base("us-east-1"),
      who: { authorization: "Bearer bedrock-key-1" },
    },
    {
      name: "the bearer token, in AWS_DEFAULT_REGION",
      env: { AWS_BEARER_TOKEN_BEDROCK: "bedrock-key-1", AWS_DEFAULT_REGION: "eu-north-1" },
      base: base("eu-north-1"),
      who: { authorization: "Bearer bedrock-key-1" },
    },
    {
      name: "temporary keys, in AWS_REGION",
      env: { ...ENV_KEYS, AWS_REGION: "eu-west-1", AWS_DEFAULT_REGION: "eu-north-1" },
      base: base("eu-west-1"),
      who: who("eu-west-1"),
    },
    {
      name: "lasting keys",
      env: { AWS_ACCESS_KEY_ID: LASTING.id, AWS_SECRET_ACCESS_KEY: LASTING.secret },
      base: base("us-east-1"),
      who: who("us-east-1", LASTING),
    },
    {
      name: "a profile, and its region",
      env: { AWS_PROFILE: "work" },
      files: { ".aws/credentials": `[work]\n${LASTING_KEYS}`, ".aws/config": "[profile work]\nregion = ap-south-1\n" },
      base: base("ap-south-1"),
      who: who("ap-south-1", LASTING),
    },
    {
      name: "the default profile",
      files: { ".aws/credentials": `[default]\n${LASTING_KEYS}` },
      base: base("us-east-1"),
      who: who("us-east-1", LASTING),
    },
    {
      name: "a role, assumed at STS",
      env: { AWS_PROFILE: "admin", AWS_REGION: "eu-west-1" },
      files: {
        ".aws/credentials": `[base]\n${LASTING_KEYS}`,
        ".aws/config": "[profile admin]\nrole_arn = arn:aws:iam::1:role/admin\nsource_profile = base\n",
      },
      steps: [
        {
          to: "POST https://sts.eu-west-1.amazonaws.com/",
          headers: { "x-amz-date": "20260102T030405Z" },
          body: {
            Action: "AssumeRole",
            Version: "2011-06-15",
            RoleArn: "arn:aws:iam::1:role/admin",
            RoleSessionName: "infer",
          },
          check: (sent) => expect(sent.headers.authorization).toBe(authorization(sent, "sts", "eu-west-1", LASTING)),
          answer: STS_ANSWER,
        },
      ],
      base: base("eu-west-1"),
      who: who("eu-west-1"),
    },
    {
      name: "a web identity, exchanged at STS",
      env: {
        AWS_WEB_IDENTITY_TOKEN_FILE: "{home}/identity",
        AWS_ROLE_ARN: "arn:aws:iam::1:role/pod",
        AWS_REGION: "eu-west-1",
      },
      files: { identity: "the.web.identity\n" },
      steps: [
        {
          to: "POST https://sts.eu-west-1.amazonaws.com/",
          body: {
            Action: "AssumeRoleWithWebIdentity",
            Version: "2011-06-15",
            RoleArn: "arn:aws:iam::1:role/pod",
            RoleSessionName: "infer",
            WebIdentityToken: "the.web.identity",
          },
          check: (sent) => expect(sent.headers.authorization).toBeUndefined(),
          answer: STS_ANSWER,
        },
      ],
      base: base("eu-west-1"),
      who: who("eu-west-1"),
    },
    {
      name: "a container of ECS",
      env: { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/v2/credentials/1" },
      steps: [{ to: "GET http://169.254.170.2/v2/credentials/1", answer: HANDED_OUT }],
      base: base("us-east-1"),
      who: who("us-east-1"),
    },
    {
      name: "a pod of EKS",
      env: {
        AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://169.254.170.23/v1/credentials",
        AWS_CONTAINER_AUTHORIZATION_TOKEN: "pod-token",
      },
      steps: [
        {
          to: "GET http://169.254.170.23/v1/credentials",
          headers: { authorization: "pod-token" },
          answer: HANDED_OUT,
        },
      ],
      base: base("us-east-1"),
      who: who("us-east-1"),
    },
    {
      name: "an EC2 instance",
      // Whether it is one is found out first.
      steps: [
        imdsToken,
        imdsRoles,
        imdsToken,
        imdsRoles,
        {
          to: `GET ${IMDS}/meta-data/iam/security-credentials/my-role`,
          headers: { "x-aws-ec2-metadata-token": "imds-token" },
          answer: HANDED_OUT,
        },
      ],
      base: base("us-east-1"),
      who: who("us-east-1"),
    },
  ];
}

const AWS_DENIED = [
  {
    way: "a role, assumed at STS",
    status: 403,
    body: "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not yours to assume</Message></Error></ErrorResponse>",
    message: "AWS STS gave no credentials: not yours to assume",
  },
  {
    way: "a container of ECS",
    status: 400,
    body: { code: "InvalidId", message: "no such task" },
    message: "The container's agent gave no credentials: no such task",
  },
];

// --- Google ---

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const GOOGLE_TOKEN = "ya29.of-google";
const SERVICE_ACCOUNT = {
  type: "service_account",
  project_id: "project-of-the-key",
  private_key_id: "kid-1",
  private_key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  client_email: "robot@example.iam.gserviceaccount.com",
};
const jwtExchange: Step = {
  to: "POST https://oauth2.googleapis.com/token",
  headers: { "content-type": "application/x-www-form-urlencoded" },
  check: ({ text }) => {
    const { grant_type, assertion = "", ...more } = Object.fromEntries(new URLSearchParams(text));
    expect([grant_type, more]).toEqual(["urn:ietf:params:oauth:grant-type:jwt-bearer", {}]);
    const [header = "", claims = "", signature = ""] = assertion.split(".");
    const decode = (part: string): unknown => JSON.parse(Buffer.from(part, "base64url").toString());
    expect(decode(header)).toEqual({ alg: "RS256", typ: "JWT", kid: "kid-1" });
    expect(decode(claims)).toEqual({
      iss: "robot@example.iam.gserviceaccount.com",
      scope: "https://www.googleapis.com/auth/cloud-platform",
      aud: "https://oauth2.googleapis.com/token",
      iat: NOW / 1000,
      exp: NOW / 1000 + 3600,
    });
    const verifier = createVerify("RSA-SHA256").update(`${header}.${claims}`);
    expect(verifier.verify(publicKey, signature, "base64url")).toBe(true);
  },
  answer: { access_token: GOOGLE_TOKEN, expires_in: 3599, token_type: "Bearer" },
};
const refreshed = (fields: object): Step => ({
  to: "POST https://oauth2.googleapis.com/token",
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body: { grant_type: "refresh_token", ...fields },
  answer: { access_token: GOOGLE_TOKEN, expires_in: 3599, token_type: "Bearer" },
});
const GCLOUD = { client_id: "gcloud", client_secret: "gcloud-secret", refresh_token: "gcloud-refresh" };
const GCLOUD_FILE = ".config/gcloud/application_default_credentials.json";
const POOL = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x";
const IMPERSONATION = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/robot:generateAccessToken";
const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
const METADATA = "http://metadata.google.internal";
const AS_GOOGLE = { authorization: `Bearer ${GOOGLE_TOKEN}` };

/** Application default credentials, in a project and a location of `env` that `base` has. */
function adcWays(env: Record<string, string>, base: string): [Way, ...Way[]] {
  return [
    {
      name: "a service account's key file",
      env: { ...env, GOOGLE_APPLICATION_CREDENTIALS: "{home}/key.json" },
      files: { "key.json": SERVICE_ACCOUNT },
      steps: [jwtExchange],
      base,
      who: AS_GOOGLE,
    },
    {
      name: "a login by gcloud",
      env,
      files: { [GCLOUD_FILE]: { type: "authorized_user", ...GCLOUD, quota_project_id: "billed" } },
      steps: [refreshed(GCLOUD)],
      base,
      who: { ...AS_GOOGLE, "x-goog-user-project": "billed" },
    },
    {
      name: "a workload identity, exchanged at Google's STS, that acts for a service account",
      env: { ...env, GOOGLE_APPLICATION_CREDENTIALS: "{home}/pool.json" },
      files: {
        "subject.txt": "the.subject.token\n",
        "pool.json": {
          type: "external_account",
          audience: POOL,
          subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
          token_url: "https://sts.googleapis.com/v1/token",
          credential_source: { file: "{home}/subject.txt" },
          service_account_impersonation_url: IMPERSONATION,
        },
      },
      steps: [
        {
          to: "POST https://sts.googleapis.com/v1/token",
          headers: { "content-type": "application/x-www-form-urlencoded" },
          body: {
            grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
            requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
            audience: POOL,
            scope: SCOPE,
            subject_token: "the.subject.token",
            subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
          },
          answer: { access_token: "ya29.federated", expires_in: 3599 },
        },
        {
          to: `POST ${IMPERSONATION}`,
          headers: { authorization: "Bearer ya29.federated" },
          body: { scope: [SCOPE], lifetime: "3600s" },
          answer: { accessToken: GOOGLE_TOKEN, expireTime: "2026-01-02T04:04:05Z" },
        },
      ],
      base,
      who: AS_GOOGLE,
    },
    {
      name: "the machine's own service account",
      env,
      steps: [
        {
          to: `GET ${METADATA}/`,
          headers: { "metadata-flavor": "Google" },
          answer: "computeMetadata/",
          answerHeaders: { "metadata-flavor": "Google" },
        },
        {
          to: `GET ${METADATA}/computeMetadata/v1/instance/service-accounts/default/token`,
          headers: { "metadata-flavor": "Google" },
          answer: { access_token: GOOGLE_TOKEN, expires_in: 3599 },
        },
        {
          to: `GET ${METADATA}/computeMetadata/v1/project/project-id`,
          headers: { "metadata-flavor": "Google" },
          answer: "project-of-the-machine",
        },
      ],
      base,
      who: AS_GOOGLE,
    },
  ];
}

const GOOGLE_DENIED = [
  {
    way: "a service account's key file",
    status: 400,
    body: { error: "invalid_grant", error_description: "Invalid JWT Signature." },
    message: "oauth2.googleapis.com answered 400: invalid_grant, Invalid JWT Signature.",
  },
  {
    way: "a workload identity, exchanged at Google's STS, that acts for a service account",
    status: 403,
    body: { error: "unauthorized_client", error_description: "The pool does not trust it." },
    message: "sts.googleapis.com answered 403: unauthorized_client, The pool does not trust it.",
  },
];

// --- GitHub and OpenAI ---

const COPILOT_TOKEN = "tid=1;exp=1;sku=business;proxy-ep=proxy.business.githubcopilot.com;8kp=1";
/** The facts have VS Code's; infer names itself: see src/auth/copilot.ts. */
const EDITOR = {
  "editor-version": expect.stringMatching(/^infer\/\d/),
  "editor-plugin-version": expect.stringMatching(/^infer\/\d/),
  "copilot-integration-id": "vscode-chat",
  "x-github-api-version": "2025-04-01",
};
const copilotExchange = (github: string, token = COPILOT_TOKEN): Step => ({
  to: "GET https://api.github.com/copilot_internal/v2/token",
  headers: { authorization: `Bearer ${github}`, accept: "application/json", ...EDITOR },
  answer: { token, expires_at: NOW / 1000 + 1800 },
});

function chatgptToken(account: string | undefined, expires: number, name: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { exp: expires / 1000, name, "https://api.openai.com/auth": { chatgpt_account_id: account } };
  return `${part({ alg: "RS256" })}.${part(claims)}.c2lnbmF0dXJl`;
}
const CHATGPT = chatgptToken("account-in-the-token", NOW + 7_200_000, "good");
const CHATGPT_ENDED = chatgptToken("account-in-the-token", NOW - 1000, "ended");
const CHATGPT_NEW = chatgptToken("account-in-the-token", NOW + 7_200_000, "new");
const UUID = expect.stringMatching(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
const asChatgpt = (token: string, account: string) => ({
  authorization: `Bearer ${token}`,
  "chatgpt-account-id": account,
  session_id: UUID,
  "x-client-request-id": UUID,
});

// --- the wires ---

const OPENAI_ERRORS: Face["errors"] = [
  [
    429,
    { error: { message: "Slow down.", type: "rate_limit_error", param: null, code: "rate_limit" } },
    "rate_limited",
    "Slow down.",
  ],
  [
    401,
    { error: { message: "Who are you?", type: "invalid_request_error", param: null, code: "bad_token" } },
    "auth",
    "Who are you?",
  ],
  [
    404,
    { error: { message: "No such model.", type: "invalid_request_error", param: null, code: "model_not_found" } },
    "not_found",
    "No such model.",
  ],
];
const ANTHROPIC_ERRORS: Face["errors"] = [
  [
    401,
    { type: "error", error: { type: "authentication_error", message: "invalid token" }, request_id: "req_1" },
    "auth",
    "invalid token",
  ],
  [
    400,
    { type: "error", error: { type: "invalid_request_error", message: "messages: too many" }, request_id: "req_1" },
    "provider_error",
    "messages: too many",
  ],
];
const GOOGLE_ERRORS: Face["errors"] = [
  [
    403,
    { error: { code: 403, message: "Permission denied on it.", status: "PERMISSION_DENIED", details: [] } },
    "auth",
    "Permission denied on it.",
  ],
  [
    429,
    { error: { code: 429, message: "Resource exhausted.", status: "RESOURCE_EXHAUSTED", details: [] } },
    "rate_limited",
    "Resource exhausted.",
  ],
];
const aws = (status: number, name: string, type: string, message: string): Face["errors"][number] => [
  status,
  { message },
  type,
  message,
  { "x-amzn-errortype": `${name}:http://internal.amazon.com/` },
];
const BEDROCK_ERRORS = [
  aws(400, "ValidationException", "provider_error", "messages must not be blank"),
  // Without its name this would be a bad request like any other.
  aws(400, "ServiceQuotaExceededException", "rate_limited", "Your account's quota is used up."),
  aws(403, "AccessDeniedException", "auth", "You don't have access to the model."),
  aws(403, "ExpiredTokenException", "auth", "The security token is expired."),
  aws(404, "ResourceNotFoundException", "not_found", "There is no such model."),
  aws(429, "ThrottlingException", "rate_limited", "Too many requests."),
  aws(503, "ServiceUnavailableException", "provider_error", "Come back later."),
];

const CLAUDE_SEEN = {
  messages: [
    {
      role: "user",
      content: [
        { type: "image", source: { type: "base64", media_type: "image/png", data: PIXEL } },
        { type: "text", text: "Hi" },
      ],
    },
  ],
};
const CHAT_SEEN = {
  messages: [
    {
      role: "user",
      content: [
        { type: "text", text: "Hi" },
        { type: "image_url", image_url: { url: DATA_URL } },
      ],
    },
  ],
};
const RESPONSES_SEEN = {
  input: [
    {
      role: "user",
      content: [
        { type: "input_text", text: "Hi" },
        { type: "input_image", detail: "auto", image_url: DATA_URL },
      ],
    },
  ],
};
const GEMINI_SEEN = {
  contents: [{ role: "user", parts: [{ text: "Hi" }, { inlineData: { mimeType: "image/png", data: PIXEL } }] }],
};
const TALK = [
  { role: "system", content: "Be brief" },
  { role: "user", content: "Hi" },
];
const CLAUDE_BODY = {
  system: "Be brief",
  messages: [{ role: "user", content: "Hi" }],
  max_tokens: 9,
  temperature: 0,
  stream: true,
};
const GEMINI_BODY = {
  systemInstruction: { parts: [{ text: "Be brief" }] },
  contents: [{ role: "user", parts: [{ text: "Hi" }] }],
  generationConfig: { maxOutputTokens: 9, temperature: 0 },
};
const CONVERSE_BODY = {
  system: [{ text: "Be brief" }],
  messages: [{ role: "user", content: [{ text: "Hi" }] }],
  inferenceConfig: { maxTokens: 9, temperature: 0 },
};
const CONVERSE_SEEN = {
  messages: [{ role: "user", content: [{ image: { format: "png", source: { bytes: PIXEL } } }, { text: "Hi" }] }],
};
const ADAPTIVE = {
  off: { thinking: { type: "disabled" } },
  high: { thinking: { type: "adaptive" }, output_config: { effort: "high" } },
};
const GEMINI_LEVELS = (isPro: boolean) => ({
  // A Pro model cannot stop: it gets the least that it takes.
  off: { generationConfig: { thinkingConfig: { thinkingLevel: isPro ? "LOW" : "MINIMAL" } } },
  high: { generationConfig: { thinkingConfig: { thinkingLevel: "HIGH" } } },
});
const EFFORTS = { low: { reasoning: { effort: "low" } }, high: { reasoning: { effort: "high" } } };

/** The facts' records of `model.run` that are opened by more than a key. */
const TABLE: readonly Login[] = [
  {
    fact: "amazon-bedrock",
    ways: awsWays((region) => `https://bedrock-runtime.${region}.amazonaws.com`, signed),
    // The facts' default ends in `:0`, which AWS refuses: see src/providers/aws.ts.
    fallback: {
      model: "us.anthropic.claude-opus-4-6-v1",
      path: "/model/us.anthropic.claude-opus-4-6-v1/converse-stream",
    },
    faces: [
      {
        ask: "us.anthropic.claude-opus-4-6-v1",
        path: "/model/us.anthropic.claude-opus-4-6-v1/converse-stream",
        wire: "bedrock-converse",
        body: CONVERSE_BODY,
        seen: CONVERSE_SEEN,
        thinking: {
          off: { additionalModelRequestFields: ADAPTIVE.off },
          high: { additionalModelRequestFields: ADAPTIVE.high },
        },
        errors: BEDROCK_ERRORS,
      },
      {
        ask: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        path: "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream",
        wire: "bedrock-converse",
        body: CONVERSE_BODY,
        seen: CONVERSE_SEEN,
        thinking: { low: { additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 4096 } } } },
        errors: BEDROCK_ERRORS,
      },
      {
        ask: "amazon.nova-lite-v1:0",
        path: "/model/amazon.nova-lite-v1%3A0/converse-stream",
        wire: "bedrock-converse",
        body: CONVERSE_BODY,
        seen: CONVERSE_SEEN,
        thinking: { off: null, high: null },
        errors: BEDROCK_ERRORS,
      },
    ],
    denied: AWS_DENIED,
  },
  {
    fact: "amazon-bedrock-mantle",
    ways: awsWays((region) => `https://bedrock-mantle.${region}.api.aws`, minted),
    // The facts' `claude-opus-4.7`, by AWS's own name.
    fallback: { model: "anthropic.claude-opus-4-7", path: "/anthropic/v1/messages" },
    faces: [
      {
        ask: "openai.gpt-oss-120b",
        path: "/v1/chat/completions",
        wire: "openai-chat",
        body: {
          model: "openai.gpt-oss-120b",
          messages: TALK,
          stream: true,
          stream_options: { include_usage: true },
          max_completion_tokens: 9,
          temperature: 0,
        },
        seen: CHAT_SEEN,
        thinking: { low: { reasoning_effort: "low" }, high: { reasoning_effort: "high" } },
        errors: OPENAI_ERRORS,
      },
      {
        ask: "claude-opus-4.7",
        path: "/anthropic/v1/messages",
        wire: "anthropic-messages",
        headers: { "anthropic-version": "2023-06-01" },
        body: { model: "anthropic.claude-opus-4-7", ...CLAUDE_BODY },
        seen: CLAUDE_SEEN,
        thinking: ADAPTIVE,
        errors: ANTHROPIC_ERRORS,
      },
    ],
    denied: AWS_DENIED,
  },
  {
    fact: "google-vertex",
    ways: [
      {
        name: "a key, in a project and a location",
        env: { GOOGLE_CLOUD_API_KEY: "goog-1", GOOGLE_CLOUD_PROJECT: "mine", GOOGLE_CLOUD_LOCATION: "europe-west4" },
        base: "https://europe-west4-aiplatform.googleapis.com/v1/projects/mine/locations/europe-west4/publishers/google",
        who: { "x-goog-api-key": "goog-1" },
      },
      {
        name: "a key alone",
        env: { GOOGLE_CLOUD_API_KEY: "goog-1" },
        base: "https://aiplatform.googleapis.com/v1/publishers/google",
        who: { "x-goog-api-key": "goog-1" },
      },
      {
        name: "a key, in no location",
        env: { GOOGLE_CLOUD_API_KEY: "goog-1", GCLOUD_PROJECT: "mine" },
        base: "https://aiplatform.googleapis.com/v1/projects/mine/locations/global/publishers/google",
        who: { "x-goog-api-key": "goog-1" },
      },
      ...adcWays(
        { GOOGLE_CLOUD_PROJECT: "mine", GCLOUD_PROJECT: "not-this", GOOGLE_CLOUD_LOCATION: "us-central1" },
        "https://us-central1-aiplatform.googleapis.com/v1/projects/mine/locations/us-central1/publishers/google",
      ),
      {
        name: "a service account in its own project, nowhere in particular",
        env: { GOOGLE_APPLICATION_CREDENTIALS: "{home}/key.json" },
        files: { "key.json": SERVICE_ACCOUNT },
        steps: [jwtExchange],
        base: "https://aiplatform.googleapis.com/v1/projects/project-of-the-key/locations/global/publishers/google",
        who: AS_GOOGLE,
      },
    ],
    fallback: {
      model: "gemini-3.1-pro-preview",
      path: "/models/gemini-3.1-pro-preview:streamGenerateContent?alt=sse",
    },
    faces: [
      {
        ask: "gemini-3.1-pro-preview",
        path: "/models/gemini-3.1-pro-preview:streamGenerateContent?alt=sse",
        wire: "google-generate-content",
        body: GEMINI_BODY,
        seen: GEMINI_SEEN,
        thinking: GEMINI_LEVELS(true),
        errors: GOOGLE_ERRORS,
      },
      {
        ask: "gemini-2.5-flash",
        path: "/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
        wire: "google-generate-content",
        body: GEMINI_BODY,
        seen: GEMINI_SEEN,
        thinking: {
          off: { generationConfig: { thinkingConfig: { thinkingBudget: 0 } } },
          low: { generationConfig: { thinkingConfig: { thinkingBudget: 1024 } } },
        },
        errors: GOOGLE_ERRORS,
      },
    ],
    denied: GOOGLE_DENIED,
  },
  {
    fact: "anthropic-vertex",
    ways: [
      ...adcWays(
        { ANTHROPIC_VERTEX_PROJECT_ID: "mine", GOOGLE_CLOUD_PROJECT: "not-this", CLOUD_ML_REGION: "us-east5" },
        "https://us-east5-aiplatform.googleapis.com/v1/projects/mine/locations/us-east5/publishers/anthropic",
      ),
      {
        name: "GOOGLE_CLOUD_LOCATION before CLOUD_ML_REGION, and the common project",
        env: {
          GOOGLE_APPLICATION_CREDENTIALS: "{home}/key.json",
          GOOGLE_CLOUD_PROJECT: "common",
          GOOGLE_CLOUD_LOCATION: "europe-west1",
          CLOUD_ML_REGION: "us-east5",
        },
        files: { "key.json": SERVICE_ACCOUNT },
        steps: [jwtExchange],
        base: "https://europe-west1-aiplatform.googleapis.com/v1/projects/common/locations/europe-west1/publishers/anthropic",
        who: AS_GOOGLE,
      },
      {
        name: "nowhere in particular",
        env: { GOOGLE_APPLICATION_CREDENTIALS: "{home}/key.json" },
        files: { "key.json": SERVICE_ACCOUNT },
        steps: [jwtExchange],
        base: "https://aiplatform.googleapis.com/v1/projects/project-of-the-key/locations/global/publishers/anthropic",
        who: AS_GOOGLE,
      },
    ],
    fallback: { model: "claude-sonnet-4-6", path: "/models/claude-sonnet-4-6:streamRawPredict" },
    faces: [
      {
        ask: "claude-sonnet-4-6",
        path: "/models/claude-sonnet-4-6:streamRawPredict",
        wire: "anthropic-messages",
        body: { anthropic_version: "vertex-2023-10-16", ...CLAUDE_BODY },
        seen: CLAUDE_SEEN,
        thinking: ADAPTIVE,
        errors: [...ANTHROPIC_ERRORS, ...GOOGLE_ERRORS],
      },
      {
        ask: "claude-sonnet-4-5@20250929",
        path: "/models/claude-sonnet-4-5@20250929:streamRawPredict",
        wire: "anthropic-messages",
        body: { anthropic_version: "vertex-2023-10-16", ...CLAUDE_BODY },
        seen: CLAUDE_SEEN,
        thinking: { low: { thinking: { type: "enabled", budget_tokens: 4096 } } },
        errors: ANTHROPIC_ERRORS,
      },
    ],
    denied: GOOGLE_DENIED,
  },
  {
    fact: "google-gemini-cli",
    ways: [
      {
        name: "its login, in the project that Google tells",
        files: {
          ".gemini/oauth_creds.json": {
            access_token: GOOGLE_TOKEN,
            refresh_token: "refresh-1",
            expiry_date: NOW + 3_600_000,
          },
        },
        steps: [
          {
            to: "POST https://cloudcode-pa.googleapis.com/v1internal:loadCodeAssist",
            headers: { ...AS_GOOGLE, "content-type": "application/json" },
            body: { metadata: { ideType: "IDE_UNSPECIFIED", platform: "PLATFORM_UNSPECIFIED", pluginType: "GEMINI" } },
            answer: { currentTier: { id: "free-tier" }, cloudaicompanionProject: "mine" },
          },
        ],
        base: "https://cloudcode-pa.googleapis.com",
        who: AS_GOOGLE,
      },
      {
        name: "its login that has ended, in a project that the user names",
        env: {
          GEMINI_CLI_OAUTH_CLIENT_ID: "cli",
          GEMINI_CLI_OAUTH_CLIENT_SECRET: "cli-secret",
          GOOGLE_CLOUD_PROJECT: "mine",
        },
        files: {
          ".gemini/oauth_creds.json": {
            access_token: "ya29.ended",
            refresh_token: "refresh-1",
            expiry_date: NOW - 1000,
          },
        },
        steps: [refreshed({ refresh_token: "refresh-1", client_id: "cli", client_secret: "cli-secret" })],
        base: "https://cloudcode-pa.googleapis.com",
        who: AS_GOOGLE,
      },
    ],
    fallback: { model: "gemini-3-flash-preview", path: "/v1internal:streamGenerateContent?alt=sse" },
    faces: [
      {
        ask: "gemini-3-flash-preview",
        path: "/v1internal:streamGenerateContent?alt=sse",
        wire: "google-code-assist",
        body: { model: "gemini-3-flash-preview", project: "mine", request: GEMINI_BODY },
        seen: { model: "gemini-3-flash-preview", project: "mine", request: GEMINI_SEEN },
        thinking: {
          off: { request: GEMINI_LEVELS(false).off },
          high: { request: GEMINI_LEVELS(false).high },
        },
        errors: GOOGLE_ERRORS,
      },
    ],
    denied: [
      {
        way: "its login, in the project that Google tells",
        status: 403,
        body: { error: { code: 403, message: "Not enabled.", status: "PERMISSION_DENIED", details: [] } },
        message: "Google Code Assist answered 403: Not enabled.",
      },
      {
        way: "its login that has ended, in a project that the user names",
        status: 400,
        body: { error: "invalid_grant", error_description: "Token has been revoked." },
        message: "oauth2.googleapis.com answered 400: invalid_grant, Token has been revoked.",
      },
    ],
  },
  {
    fact: "github-copilot",
    ways: [
      {
        name: "COPILOT_GITHUB_TOKEN, at the host of the account's plan",
        env: { COPILOT_GITHUB_TOKEN: "gho_copilot", GH_TOKEN: "gho_gh", GITHUB_TOKEN: "gho_github" },
        steps: [copilotExchange("gho_copilot")],
        base: "https://api.business.githubcopilot.com",
        who: { authorization: `Bearer ${COPILOT_TOKEN}` },
      },
      {
        name: "GH_TOKEN, at the common host",
        env: { GH_TOKEN: "gho_gh", GITHUB_TOKEN: "gho_github" },
        steps: [copilotExchange("gho_gh", "tid=1;exp=1")],
        base: "https://api.individual.githubcopilot.com",
        who: { authorization: "Bearer tid=1;exp=1" },
      },
      {
        name: "GITHUB_TOKEN",
        env: { GITHUB_TOKEN: "gho_github" },
        steps: [copilotExchange("gho_github")],
        base: "https://api.business.githubcopilot.com",
        who: { authorization: `Bearer ${COPILOT_TOKEN}` },
      },
    ],
    fallback: { model: "claude-opus-4.7", path: "/v1/messages" },
    faces: [
      {
        ask: "gpt-5.5",
        path: "/responses",
        wire: "openai-responses",
        headers: { ...EDITOR, "x-initiator": "user" },
        body: {
          model: "gpt-5.5",
          instructions: "Be brief",
          input: [{ role: "user", content: [{ type: "input_text", text: "Hi" }] }],
          stream: true,
          store: false,
          max_output_tokens: 9,
          temperature: 0,
        },
        seen: RESPONSES_SEEN,
        seenHeaders: { "copilot-vision-request": "true" },
        thinking: EFFORTS,
        errors: OPENAI_ERRORS,
      },
      {
        ask: "claude-opus-4.7",
        path: "/v1/messages",
        wire: "anthropic-messages",
        headers: { ...EDITOR, "x-initiator": "user", "anthropic-version": "2023-06-01" },
        body: { model: "claude-opus-4.7", ...CLAUDE_BODY },
        seen: CLAUDE_SEEN,
        seenHeaders: { "copilot-vision-request": "true" },
        thinking: ADAPTIVE,
        errors: [...ANTHROPIC_ERRORS, ...OPENAI_ERRORS],
      },
      {
        ask: "gemini-3.1-pro",
        path: "/chat/completions",
        wire: "openai-chat",
        headers: { ...EDITOR, "x-initiator": "user" },
        body: { model: "gemini-3.1-pro", messages: TALK, stream: true, max_tokens: 9, temperature: 0 },
        seen: CHAT_SEEN,
        seenHeaders: { "copilot-vision-request": "true" },
        thinking: { high: { reasoning_effort: "high" } },
        errors: OPENAI_ERRORS,
      },
    ],
    denied: [
      {
        way: "COPILOT_GITHUB_TOKEN, at the host of the account's plan",
        status: 401,
        body: { message: "Bad credentials", documentation_url: "https://docs.github.com/rest" },
        message: "GitHub Copilot answered 401: Bad credentials",
      },
    ],
  },
  {
    fact: "openai/chatgpt-codex-oauth",
    ways: [
      {
        name: "the login of Codex, and the account in its token",
        files: { ".codex/auth.json": { tokens: { access_token: CHATGPT, refresh_token: "refresh-1" } } },
        base: "https://chatgpt.com/backend-api/codex",
        who: asChatgpt(CHATGPT, "account-in-the-token"),
      },
      {
        name: "CODEX_HOME, and the account that is told beside the token",
        env: { CODEX_HOME: "{home}/elsewhere" },
        files: {
          "elsewhere/auth.json": {
            tokens: { access_token: CHATGPT, refresh_token: "refresh-1", account_id: "account-beside" },
          },
        },
        base: "https://chatgpt.com/backend-api/codex",
        who: asChatgpt(CHATGPT, "account-beside"),
      },
      {
        name: "a login that has ended",
        files: { ".codex/auth.json": { tokens: { access_token: CHATGPT_ENDED, refresh_token: "refresh-1" } } },
        steps: [
          {
            to: "POST https://auth.openai.com/oauth/token",
            headers: { "content-type": "application/x-www-form-urlencoded" },
            body: {
              grant_type: "refresh_token",
              refresh_token: "refresh-1",
              client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
            },
            answer: { access_token: CHATGPT_NEW, refresh_token: "refresh-2", expires_in: 7200 },
          },
        ],
        base: "https://chatgpt.com/backend-api/codex",
        who: asChatgpt(CHATGPT_NEW, "account-in-the-token"),
      },
    ],
    fallback: { model: "gpt-5.5", path: "/responses" },
    faces: [
      {
        ask: "gpt-5.5",
        path: "/responses",
        wire: "openai-responses",
        // The facts' originator is OpenClaw's own name.
        headers: { originator: "infer", "openai-beta": "responses=experimental", accept: "text/event-stream" },
        body: {
          model: "gpt-5.5",
          instructions: "Be brief",
          input: [{ role: "user", content: [{ type: "input_text", text: "Hi" }] }],
          stream: true,
          store: false,
        },
        // The backend refuses both: see src/providers/codex.ts.
        ignored: [
          { key: "maxTokens", value: 9 },
          { key: "temperature", value: 0 },
        ],
        seen: { ...RESPONSES_SEEN, instructions: "You are a helpful assistant." },
        thinking: EFFORTS,
        errors: OPENAI_ERRORS,
      },
    ],
    denied: [
      {
        way: "a login that has ended",
        status: 401,
        body: { error: { message: "Your refresh token was used.", type: "invalid_request_error", code: "used" } },
        message: "auth.openai.com answered 401: Your refresh token was used.",
      },
    ],
  },
];

// --- a run ---

/** The headers that say who asks. */
const WHO = new Set([
  ...["authorization", "x-api-key", "x-goog-api-key", "api-key", "x-goog-user-project"],
  ...["x-amz-date", "x-amz-security-token", "chatgpt-account-id", "session_id", "x-client-request-id"],
]);

interface Replies {
  /** The model's answer. */
  answer?: Response;
  /** What the first step of the way is answered with. */
  refusal?: { status: number; body: object | string };
}

function reply(body: object | string, init: { status?: number; headers?: Record<string, string> }): Response {
  return typeof body === "string" ? new Response(body, init) : Response.json(body, init);
}

/** One command line in a home of its own, against vendors that are a function. */
async function run({ env = {}, files = {}, steps = [] }: Way, args: readonly string[], replies: Replies = {}) {
  const home = folder.file(Bun.randomUUIDv7());
  const placed = (text: string): string => text.replaceAll("{home}", home);
  await mkdir(home);
  for (const [name, content] of Object.entries(files)) {
    const path = join(home, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, placed(typeof content === "string" ? content : JSON.stringify(content)), { mode: 0o600 });
  }
  const sent: Sent[] = [];
  const fetch = async (address: string | URL, init: RequestInit = {}) => {
    const { method = "GET", headers, body } = init;
    const url = String(address);
    const step = steps[sent.length];
    sent.push({ method, url, headers: Object.fromEntries(new Headers(headers)), text: String(body ?? "") });
    if (step?.to === `${method} ${url}`) {
      const { refusal } = replies;
      if (refusal && sent.length === 1) return reply(refusal.body, { status: refusal.status });
      return reply(step.answer, { headers: step.answerHeaders ?? {} });
    }
    return replies.answer?.clone() ?? Response.json({ error: { message: "seen" } }, { status: 418 });
  };
  const argv = ["model", "run", "--prompt", "Hi", "--json", ...args];
  const variables = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, placed(value)]));
  const { stdout, stderr, exitCode } = await runInProcess(argv, {
    env: { HOME: home, ...variables },
    fetch: fetch as unknown as typeof globalThis.fetch,
    sleep: async () => undefined,
    now: () => NOW,
  });
  const printed = stdout + stderr;
  return { envelope: JSON.parse(stdout), sent, last: sent.at(-1), printed, exitCode, home };
}

function bodyOf(sent: Sent | undefined): unknown {
  const text = sent?.text ?? "";
  return text.startsWith("{") ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text));
}

function answerOf(face: Face, form: "stream" | "whole" = "stream"): Response {
  const wire = WIRES[face.wire];
  const answer = { pieces: ["Hel", "lo!"] };
  if (form === "whole") return reply(wire?.whole(answer) ?? "", { headers: { "content-type": "application/json" } });
  const stream = Buffer.concat((wire?.stream(answer) ?? []).map((piece) => Buffer.from(piece)));
  return new Response(stream, { headers: { "content-type": wire?.contentType ?? "" } });
}

const pixel = folder.file("pixel.png");
beforeAll(() => writeFile(pixel, Buffer.from(PIXEL, "base64")));

describe.each(TABLE.map((login) => [LOGINS[login.fact] ?? login.fact, login] as const))("%s", (id, login) => {
  const { ways, faces, fallback, denied = [] } = login;
  const [first] = ways;
  const [main = fail()] = faces;

  describe.each(ways.map((way) => [way.name, way] as const))("by %s", (_, way) => {
    test.each(faces.map((face) => [face.ask, face] as const))(
      "%s: each step, where, and as whom",
      async (ask, face) => {
        const { sent, last, envelope } = await run(way, ["--model", `${id}/${ask}`], { answer: answerOf(face) });
        const { steps = [] } = way;
        expect(sent.map(({ method, url }) => `${method} ${url}`)).toEqual([
          ...steps.map(({ to }) => to),
          `POST ${way.base}${face.path}`,
        ]);
        for (const [at, step] of steps.entries()) {
          const made = sent[at] ?? fail();
          expect(made.headers).toMatchObject(step.headers ?? {});
          if (step.body) expect(bodyOf(made)).toEqual(step.body);
          step.check?.(made);
        }
        if (!last) return fail();
        const who = Object.fromEntries(Object.entries(last.headers).filter(([name]) => WHO.has(name)));
        const wanted: Record<string, unknown> = typeof way.who === "function" ? way.who(last) : way.who;
        expect<Record<string, unknown>>(who).toEqual(wanted);
        expect(envelope).toMatchObject({ ok: true, provider: id, outputs: [{ text: "Hello!" }] });
      },
    );
  });

  for (const { way: name, status, body, message } of denied) {
    test(`by ${name}: refused with ${status}, in its own words, and no model is asked`, async () => {
      const way = ways.find((one) => one.name === name) ?? fail();
      const refusal = { status, body };
      const { sent, envelope, exitCode } = await run(way, ["--model", `${id}/${main.ask}`], { refusal });
      expect(envelope.error).toMatchObject({ type: "auth", message, status, provider: id, hint: expect.any(String) });
      expect(exitCode).toBe(3);
      expect(sent.map(({ method, url }) => `${method} ${url}`)).toEqual([way.steps?.[0]?.to ?? ""]);
    });
  }

  test("by nothing: says what would do", async () => {
    const { envelope, printed } = await run({ name: "", base: "", who: {} }, ["--model", `${id}/${main.ask}`]);
    expect(envelope.error).toMatchObject({ type: "auth", provider: id });
    expect(printed).toMatch(/AWS_BEARER_TOKEN_BEDROCK|gcloud auth|`gemini`|COPILOT_GITHUB_TOKEN|codex login/);
  });

  test("its default model", async () => {
    const { envelope, last } = await run(first, ["--provider", id], { answer: answerOf(main) });
    expect(envelope).toMatchObject({ provider: id, model: fallback.model });
    expect(last?.url).toBe(first.base + fallback.path);
  });

  describe.each(faces.map((face) => [face.ask, face] as const))("%s", (ask, face) => {
    const model = ["--model", `${id}/${ask}`];

    test("what", async () => {
      const args = [...model, "--system", "Be brief", "--max-tokens", "9", "--temperature", "0"];
      const { last, envelope } = await run(first, args, { answer: answerOf(face) });
      expect(bodyOf(last)).toEqual(face.body);
      expect(last?.headers).toMatchObject({ "content-type": "application/json", ...face.headers });
      expect(envelope.ignoredOverrides ?? []).toEqual(face.ignored ?? []);
    });

    test("a picture", async () => {
      const { last, envelope } = await run(first, [...model, "--file", pixel], { answer: answerOf(face) });
      expect(bodyOf(last)).toMatchObject(face.seen);
      expect(last?.headers).toMatchObject(face.seenHeaders ?? {});
      expect(envelope.ok).toBe(true);
      const plain = await run(first, model, { answer: answerOf(face) });
      for (const name of Object.keys(face.seenHeaders ?? {})) expect(plain.last?.headers[name]).toBeUndefined();
    });

    test.each(["stream", "whole"] as const)("an answer: %s", async (form) => {
      const { envelope } = await run(first, model, { answer: answerOf(face, form) });
      expect(envelope).toMatchObject({
        ok: true,
        provider: id,
        outputs: [{ text: "Hello!", finishReason: "stop" }],
        usage: { inputTokens: 11, outputTokens: 7, totalTokens: 18 },
      });
      expect(envelope.ignoredOverrides ?? []).toEqual([]);
    });

    const errors = face.errors.map(([status, body, type, message, headers]) => ({
      status,
      body,
      type,
      message,
      headers,
    }));
    test.each(errors)("an error: $status, $message", async ({ status, body, type, message, headers = {} }) => {
      const answer = Response.json(body, { status, headers });
      const { envelope } = await run(first, model, { answer });
      expect(envelope.error).toMatchObject({ type, message, status, provider: id });
    });

    test.each(Object.entries(face.thinking))("--thinking %s", async (level, fields) => {
      const answer = answerOf(face);
      const plain = await run(first, model, { answer });
      const { last, envelope } = await run(first, [...model, "--thinking", level], { answer });
      expect(envelope.ignoredOverrides ?? []).toEqual(fields ? [] : [{ key: "thinking", value: level }]);
      if (!fields) return expect(bodyOf(last)).toEqual(bodyOf(plain.last));
      expect(bodyOf(plain.last)).not.toMatchObject(fields);
      expect(bodyOf(last)).toMatchObject(fields);
    });
  });

  test("no secret is printed, whatever the vendor repeats", async () => {
    for (const way of ways) {
      const sending = await run(way, ["--model", `${id}/${main.ask}`]);
      const secrets = sending.sent
        .flatMap(({ headers }) => [headers.authorization, headers["x-goog-api-key"], headers["x-amz-security-token"]])
        .flatMap((header) => (header && !header.startsWith("AWS4-") ? [header.replace(/^Bearer /, "")] : []));
      const error = { message: `You sent ${secrets.join(" and ")}.` };
      const answer = Response.json({ error, message: error.message }, { status: 400 });
      const { printed } = await run(way, ["--model", `${id}/${main.ask}`], { answer });
      // A signature tells nothing.
      if (secrets.length > 0) expect(printed).toContain("[redacted]");
      for (const secret of secrets) expect(printed).not.toContain(secret);
    }
  });
});

test("Bedrock: an ARN tells its own region, and is one segment of the path", async () => {
  const env = { ...ENV_KEYS, AWS_REGION: "eu-west-1" };
  const arn = "arn:aws:bedrock:ap-south-1:123456789012:inference-profile/apac.amazon.nova-lite-v1:0";
  const { last } = await run({ name: "", base: "", who: {}, env }, ["--model", `amazon-bedrock/${arn}`]);
  expect(last?.url).toBe(
    "https://bedrock-runtime.ap-south-1.amazonaws.com/model/arn%3Aaws%3Abedrock%3Aap-south-1%3A123456789012%3Ainference-profile%2Fapac.amazon.nova-lite-v1%3A0/converse-stream",
  );
  expect(last?.headers.authorization).toBe(authorization(last ?? fail(), "bedrock", "ap-south-1", KEYS));
});

test("Bedrock: a configured address of AWS's own tells the region to sign for", async () => {
  const baseUrl = "https://bedrock-runtime-fips.us-gov-west-1.amazonaws.com";
  const config = folder.file("bedrock.json");
  await writeFile(config, JSON.stringify({ models: { providers: { "amazon-bedrock": { baseUrl } } } }));
  const env = { ...ENV_KEYS, AWS_REGION: "eu-west-1" };
  const args = ["--model", "amazon-bedrock/amazon.nova-lite-v1:0", "--config", config];
  const { last } = await run({ name: "", base: "", who: {}, env }, args);
  expect(last?.url).toBe(`${baseUrl}/model/amazon.nova-lite-v1%3A0/converse-stream`);
  expect(last?.headers.authorization).toBe(authorization(last ?? fail(), "bedrock", "us-gov-west-1", KEYS));
});

test("Bedrock: the facts' name of the default model reaches AWS as AWS writes it", async () => {
  const env = { AWS_BEARER_TOKEN_BEDROCK: "k" };
  const model = "amazon-bedrock/us.anthropic.claude-opus-4-6-v1:0";
  const { last } = await run({ name: "", base: "", who: {}, env }, ["--model", model]);
  expect(last?.url).toEndWith("/model/us.anthropic.claude-opus-4-6-v1/converse-stream");
});

test("Bedrock: an exception in the middle of the stream is its error", async () => {
  const wire = WIRES["bedrock-converse"];
  const messages = [...(wire?.stream({ pieces: ["Hel"] }).slice(0, 2) ?? []), wire?.errorMessage("It broke.") ?? ""];
  const stream = Buffer.concat(messages.map((piece) => Buffer.from(piece)));
  const answer = new Response(stream, { headers: { "content-type": "application/vnd.amazon.eventstream" } });
  const env = { AWS_BEARER_TOKEN_BEDROCK: "k" };
  const { envelope } = await run({ name: "", base: "", who: {}, env }, ["--provider", "amazon-bedrock"], { answer });
  expect(envelope.error).toMatchObject({ type: "provider_error", message: "It broke.", status: 424 });
});

test.each([
  ["us", "https://aiplatform.us.rep.googleapis.com/v1/projects/mine/locations/us/publishers/anthropic"],
  ["eu", "https://aiplatform.eu.rep.googleapis.com/v1/projects/mine/locations/eu/publishers/anthropic"],
])("Vertex: the multi-region %s has a host of its own", async (place, base) => {
  const env = {
    GOOGLE_APPLICATION_CREDENTIALS: "{home}/key.json",
    ANTHROPIC_VERTEX_PROJECT_ID: "mine",
    CLOUD_ML_REGION: place,
  };
  const way: Way = { name: "", base, who: {}, env, files: { "key.json": SERVICE_ACCOUNT }, steps: [jwtExchange] };
  const { last } = await run(way, ["--provider", "anthropic-vertex"]);
  expect(last?.url).toBe(`${base}/models/claude-sonnet-4-6:streamRawPredict`);
});

test("Vertex: max_tokens is always sent", async () => {
  const way = TABLE.find(({ fact }) => fact === "anthropic-vertex")?.ways[0] ?? fail();
  const { last } = await run(way, ["--provider", "anthropic-vertex"]);
  expect(bodyOf(last)).toEqual({
    anthropic_version: "vertex-2023-10-16",
    messages: [{ role: "user", content: "Hi" }],
    max_tokens: expect.any(Number),
    stream: true,
  });
});

test("ChatGPT: one id is sent under both names, another one each time, and instructions always", async () => {
  const way = TABLE.find(({ fact }) => fact === "openai/chatgpt-codex-oauth")?.ways[0] ?? fail();
  const ids: (string | undefined)[] = [];
  for (const _ of [1, 2]) {
    const { last } = await run(way, ["--provider", "openai-codex"]);
    expect(last?.headers.session_id).toBe(last?.headers["x-client-request-id"] ?? "");
    expect(bodyOf(last)).toMatchObject({ instructions: "You are a helpful assistant.", store: false, stream: true });
    ids.push(last?.headers.session_id);
  }
  expect(new Set(ids).size).toBe(2);
});

/** The row `codex` asks the user's own program instead of an address: the one of tests/support stands in for it. */
describe("codex", () => {
  async function ask(fault: string, args: readonly string[] = []) {
    const log = folder.file(`${Bun.randomUUIDv7()}.jsonl`);
    const { stdout, exitCode } = await runInProcess(
      ["model", "run", "--prompt", "Hi", "--json", "--provider", "codex", ...args],
      {
        env: {
          HOME: "/nowhere",
          PATH: process.env.PATH ?? "",
          OPENCLAW_CODEX_APP_SERVER_BIN: process.execPath,
          OPENCLAW_CODEX_APP_SERVER_ARGS: `"${FAKE_CODEX}" '${fault}' ${log}`,
        },
        fetch: (() => fail("codex asks nobody by HTTP")) as unknown as typeof globalThis.fetch,
        sleep: async () => undefined,
      },
    );
    const lines = readFileSync(log, "utf8").trim().split("\n");
    const seen = lines.map((line) => JSON.parse(line) as { method?: string; params?: Record<string, unknown> });
    const params = (method: string) => seen.find((message) => message.method === method)?.params;
    return { envelope: JSON.parse(stdout), exitCode, params };
  }
  const turn = (input: object[], more: object = {}) => ({ threadId: "thread-1", input, ...more });
  const TEXT = { type: "text", text: "Hi", text_elements: [] };

  test("where, what, and an answer", async () => {
    const { envelope, params } = await ask("", ["--system", "Be brief"]);
    expect(params("initialize")).toMatchObject({ clientInfo: { name: "infer" } });
    expect(params("thread/start")).toMatchObject({
      model: "gpt-5.5",
      baseInstructions: "Be brief",
      approvalPolicy: "never",
      sandbox: "read-only",
      ephemeral: true,
    });
    expect(params("turn/start")).toEqual(turn([TEXT]));
    expect(envelope).toMatchObject({
      ok: true,
      provider: "codex",
      model: "gpt-5.5",
      outputs: [{ text: "Hello there", finishReason: "stop" }],
      usage: { inputTokens: 10, outputTokens: 3, totalTokens: 13 },
    });
    expect(envelope.ignoredOverrides ?? []).toEqual([]);
  });

  test("a picture", async () => {
    const { params, envelope } = await ask("", ["--file", pixel]);
    expect(params("turn/start")).toEqual(turn([TEXT, { type: "image", url: DATA_URL }]));
    expect(envelope.ok).toBe(true);
  });

  test.each([
    ["off", "none"],
    ["high", "high"],
    ["max", "xhigh"],
  ])("--thinking %s", async (level, effort) => {
    const { params, envelope } = await ask("", ["--thinking", level]);
    expect(params("turn/start")).toEqual(turn([TEXT], { effort }));
    expect(envelope.ignoredOverrides ?? []).toEqual([]);
  });

  test("what it has no words for is told", async () => {
    const { envelope } = await ask("", ["--max-tokens", "9", "--temperature", "0", "--thinking", "adaptive"]);
    expect(envelope.ignoredOverrides).toEqual([
      { key: "maxTokens", value: 9 },
      { key: "temperature", value: 0 },
      { key: "thinking", value: "adaptive" },
    ]);
  });

  test.each([
    ["usage limit", "rate_limited", "You've hit your usage limit.", 5],
    ["logged out", "auth", "Codex is not logged in.", 3],
    ["unauthorized", "auth", "401", 3],
    ["policy", "refused", "No.", 8],
    ["bad request", "provider_error", "no such thing", 1],
  ])("its errors: %s", async (fault, type, message, code) => {
    const { envelope, exitCode } = await ask(fault);
    expect(envelope.error).toMatchObject({ type, message: expect.stringContaining(message), provider: "codex" });
    expect(exitCode).toBe(code);
  });
});

interface Fact {
  capability: string;
  provider: string;
  variant: string | null;
  env: string[] | null;
  base_url: string;
  base_url_variants: Record<string, string> | null;
  default_model: string;
}

describe("the table of this test", () => {
  const present = existsSync(FACTS);
  const records = async (): Promise<Map<string, Fact>> => {
    const facts = (await Bun.file(FACTS).json()) as { records: Fact[] };
    const asked = facts.records.filter(({ capability }) => capability === "model.run");
    return new Map(asked.map((one) => [one.variant === null ? one.provider : `${one.provider}/${one.variant}`, one]));
  };

  test("is all of the records that providers.test.ts leaves to it, and each is a row", () => {
    expect(TABLE.map(({ fact }) => fact).toSorted()).toEqual(Object.keys(LOGINS).toSorted());
    const ids = PROVIDERS.filter(({ text }) => text).map(({ id }) => id);
    expect([...Object.values(LOGINS), "codex"].filter((id) => !ids.includes(id))).toEqual([]);
  });

  test("is all of the rows with a scheme of their own", () => {
    const schemes = PROVIDERS.filter(({ scheme, text }) => scheme && text).map(({ id }) => id);
    expect(schemes.toSorted()).toEqual(Object.values(LOGINS).toSorted());
  });

  test.skipIf(!present)("has the facts' addresses and default models (skipped without ../shared/facts)", async () => {
    const all = await records();
    for (const { fact, ways, fallback } of TABLE) {
      const { base_url: base, base_url_variants: more, default_model: model } = all.get(fact) ?? fail(fact);
      const known = [base, ...Object.values(more ?? {})].map((address) => {
        const plain = address.split(" ")[0] ?? "";
        return new RegExp(`^${RegExp.escape(plain).replace(/\\\{\w+\\\}/g, "[a-z0-9-]+")}(?:/|$)`);
      });
      // The last is where the credential itself sends one: `proxy-ep` in Copilot's token.
      const own = /^https:\/\/api\.business\.githubcopilot\.com$/;
      for (const way of ways) {
        const paths = fact === "amazon-bedrock-mantle" ? ["/v1", "/anthropic"] : [""];
        for (const path of paths) {
          const address = way.base + path;
          expect([address, [...known, own].some((one) => one.test(address))]).toEqual([address, true]);
        }
      }
      const spelt = model
        .replace(/:0$/, "")
        .replace(/^claude-opus-4\.7$/, (name) =>
          fact === "amazon-bedrock-mantle" ? "anthropic.claude-opus-4-7" : name,
        );
      expect(fallback.model).toBe(spelt);
    }
  });

  test.skipIf(!present)("tries each of the facts' variables (skipped without ../shared/facts)", async () => {
    const all = await records();
    for (const { fact, ways } of TABLE) {
      const named = (all.get(fact)?.env ?? []).flatMap((text) => text.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? []);
      const tried = new Set(ways.flatMap(({ env }) => Object.keys(env ?? {})));
      expect([fact, named.filter((name) => !tried.has(name))]).toEqual([fact, []]);
    }
  });
});

function fail(why = "it is missing"): never {
  throw new Error(why);
}
