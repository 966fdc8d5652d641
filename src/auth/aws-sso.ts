import * as v from "valibot";
import { readIfThere } from "../config/text-file.ts";
import { InferError } from "../core/error.ts";
import type { HttpRequest } from "../http/client.ts";
import type { AwsWorld } from "./aws-credentials.ts";
import { type AwsFiles, type AwsProfile, ssoCacheFile } from "./aws-profile.ts";
import { askAws, awsEndpoint } from "./aws-service.ts";
import type { AwsCredentials } from "./aws-signature.ts";

const cachedLogin = v.pipe(v.string(), v.parseJson(), v.object({ accessToken: v.string(), expiresAt: v.string() }));
const answer = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    roleCredentials: v.object({ accessKeyId: v.string(), secretAccessKey: v.string(), sessionToken: v.string() }),
  }),
);
const refusal = v.pipe(v.string(), v.parseJson(), v.object({ message: v.string() }));

/**
 * The role's credentials for the login that `aws sso login` has made. It is read, and never renewed: AWS's own tools write it.
 * https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html
 */
export async function ssoCredentials(
  { context, env }: AwsWorld,
  files: AwsFiles,
  profile: AwsProfile & { name: string },
  signal: AbortSignal,
): Promise<AwsCredentials> {
  const { sso_session: sessionName, sso_account_id: account, sso_role_name: role } = profile;
  const session = sessionName ? files.ssoSessions.get(sessionName) : profile;
  const { sso_region: region, sso_start_url: startUrl } = session ?? {};
  if (!region || !startUrl || !account || !role) {
    throw new InferError("auth", `The AWS profile "${profile.name}" is not complete for SSO.`, {
      hint: "It needs sso_account_id, sso_role_name, and sso_start_url and sso_region (in its sso-session).",
    });
  }
  const login = v.safeParse(cachedLogin, (await readIfThere(ssoCacheFile(files, sessionName ?? startUrl))) ?? "");
  const hint = `Log in: aws sso login --profile ${profile.name}`;
  if (!login.success)
    throw new InferError("auth", `There is no SSO login for the AWS profile "${profile.name}".`, { hint });
  const { accessToken, expiresAt } = login.output;
  if (Date.parse(expiresAt) <= context.now()) {
    throw new InferError("auth", `The SSO login of the AWS profile "${profile.name}" has expired.`, { hint });
  }
  context.secrets.add(accessToken);
  const query = new URLSearchParams({ role_name: role, account_id: account });
  const base = awsEndpoint(env, "SSO") ?? `https://portal.sso.${region}.amazonaws.com`;
  const request: HttpRequest = {
    method: "GET",
    url: `${base}/federation/credentials?${query}`,
    headers: { "x-amz-sso_bearer_token": accessToken },
  };
  // A login that was ended elsewhere is a 401, whatever the file says.
  const question = { request, who: "AWS SSO", said: wordsOf, hint };
  const credentials = v.safeParse(answer, await askAws(context, question, signal));
  if (!credentials.success) throw new InferError("provider_error", "AWS SSO answered without credentials.");
  return credentials.output.roleCredentials;
}

function wordsOf(body: string): string | undefined {
  const said = v.safeParse(refusal, body);
  return said.success ? said.output.message : undefined;
}
