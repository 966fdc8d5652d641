import { createHash } from "node:crypto";
import { join } from "node:path";
import { readIfThere } from "../config/text-file.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** One section of AWS's files; its names are in lower case. */
export type AwsProfile = Readonly<Record<string, string | undefined>>;

/** `~/.aws/config` and `~/.aws/credentials`, as the SDKs read them. */
export interface AwsFiles {
  /** By name; where both files have a member, the credentials file's counts. */
  profiles: ReadonlyMap<string, AwsProfile>;
  /** `[sso-session NAME]` */
  ssoSessions: ReadonlyMap<string, AwsProfile>;
  /** Where the SSO logins are. */
  ssoCache: string;
}

/** The names are those of https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html; no file has to be there. */
export async function readAwsFiles(env: Env): Promise<AwsFiles> {
  const folder = join(env.HOME || env.USERPROFILE || ".", ".aws");
  const [config, credentials] = await Promise.all([
    sectionsOf(env.AWS_CONFIG_FILE || join(folder, "config")),
    sectionsOf(env.AWS_SHARED_CREDENTIALS_FILE || join(folder, "credentials")),
  ]);
  const profiles = new Map<string, AwsProfile>();
  const ssoSessions = new Map<string, AwsProfile>();
  for (const [title, section] of config) {
    const [, kind, name = ""] = /^(profile|sso-session)\s+"?(.+?)"?$/.exec(title) ?? [];
    if (kind === "sso-session") ssoSessions.set(name, section);
    else if (kind === "profile") profiles.set(name, section);
    else if (title === "default" && !profiles.has(title)) profiles.set(title, section);
  }
  for (const [name, section] of credentials) profiles.set(name, { ...profiles.get(name), ...section });
  return { profiles, ssoSessions, ssoCache: join(folder, "sso", "cache") };
}

/** The file that `aws sso login` writes for a session, or for a start URL in the older form. */
export function ssoCacheFile(files: AwsFiles, sessionOrStartUrl: string): string {
  return join(files.ssoCache, `${createHash("sha1").update(sessionOrStartUrl).digest("hex")}.json`);
}

async function sectionsOf(path: string): Promise<Map<string, AwsProfile>> {
  return parseSections((await readIfThere(path)) ?? "");
}

/** Sections, `name = value`, and comments; a line that is indented belongs to a nested member, and none counts here. */
export function parseSections(text: string): Map<string, AwsProfile> {
  const sections = new Map<string, Record<string, string>>();
  let members: Record<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    const bare = line.replace(/(?:^|\s)[#;].*$/, "").trimEnd();
    const title = /^\[\s*([^\]]+?)\s*\]$/.exec(bare)?.[1];
    if (title !== undefined) {
      members = sections.get(title) ?? Object.create(null);
      sections.set(title, members ?? {});
      continue;
    }
    const [, name, value] = /^([^\s=]+)\s*=\s*(.*)$/.exec(bare) ?? [];
    if (members && name !== undefined && value) members[name.toLowerCase()] = value;
  }
  return sections;
}
