import { afterAll, describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { words } from "../../../src/auth/aws-process.ts";
import { parseSections, readAwsFiles, ssoCacheFile } from "../../../src/auth/aws-profile.ts";
import { rejection } from "../../support/failure.ts";
import { TemporaryFolder } from "../../support/folder.ts";

const folder = new TemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

const sections = (text: string) =>
  Object.fromEntries([...parseSections(text)].map(([name, members]) => [name, { ...members }]));

describe("AWS's files", () => {
  test.each<[string, string, unknown]>([
    ["members", "[default]\nregion = eu-west-1\noutput=json\n", { default: { region: "eu-west-1", output: "json" } }],
    ["Windows line ends", "[a]\r\nregion = x\r\n", { a: { region: "x" } }],
    [
      "comments",
      "# a\n; b\n[a] # c\nregion = x ; d\nrole_arn = arn:x#y\n",
      { a: { region: "x", role_arn: "arn:x#y" } },
    ],
    ["names in any case", "[a]\nAWS_ACCESS_KEY_ID = AKID\n", { a: { aws_access_key_id: "AKID" } }],
    ["a value with an equals sign", "[a]\naws_session_token = abc==\n", { a: { aws_session_token: "abc==" } }],
    ["nested members are none", "[a]\ns3 =\n  max_queue_size = 9\nregion = x\n", { a: { region: "x" } }],
    ["a section in two places", "[a]\nregion = x\n[b]\n[a]\noutput = y\n", { a: { region: "x", output: "y" }, b: {} }],
    ["no section", "region = x\n", {}],
    [
      "a name that every object has",
      "[a]\n__proto__ = x\nconstructor = y\n",
      { a: { ["__proto__"]: "x", constructor: "y" } },
    ],
    ["nothing", "", {}],
  ])("%s", (_name, text, expected) => {
    expect(JSON.stringify(sections(text))).toBe(JSON.stringify(expected));
  });

  test("are put together: profiles by name, the credentials file first, sessions apart", async () => {
    const [config, credentials] = [folder.file("config"), folder.file("credentials")];
    await writeFile(
      config,
      '[default]\nregion = r0\n[profile dev]\nregion = r1\naws_access_key_id = old\n[profile "my dev"]\nregion = r2\n[sso-session corp]\nsso_region = r3\n[dev]\nregion = wrong\n',
    );
    await writeFile(credentials, "[dev]\naws_access_key_id = new\n[other]\naws_access_key_id = o\n");
    const files = await readAwsFiles({ AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials });
    expect(Object.fromEntries(files.profiles)).toMatchObject({
      default: { region: "r0" },
      dev: { region: "r1", aws_access_key_id: "new" },
      "my dev": { region: "r2" },
      other: { aws_access_key_id: "o" },
    });
    expect(files.profiles.size).toBe(4);
    expect(Object.fromEntries(files.ssoSessions)).toMatchObject({ corp: { sso_region: "r3" } });
  });

  test("need not be there; one that cannot be read is an io error", async () => {
    expect((await readAwsFiles({ HOME: folder.path })).profiles.size).toBe(0);
    expect((await rejection(readAwsFiles({ AWS_CONFIG_FILE: folder.path }))).type).toBe("io");
  });

  test("the SSO cache is named by the session's SHA-1", async () => {
    const files = await readAwsFiles({ HOME: "/home/me" });
    // botocore's own example, tests/unit/test_credentials.py; and `printf my-sso | sha1sum`.
    expect(ssoCacheFile(files, "https://d-92671207e4.awsapps.com/start")).toBe(
      "/home/me/.aws/sso/cache/13f9d35043871d073ab260e020f0ffde092cb14b.json",
    );
    expect(ssoCacheFile(files, "my-sso")).toBe("/home/me/.aws/sso/cache/0ad374308c5a4e22f723adf10145eafad7c4031c.json");
  });
});

describe("the words of a credential_process", () => {
  test.each<[string, string[]]>([
    ["/opt/bin/creds --json", ["/opt/bin/creds", "--json"]],
    ['"/opt/my tools/creds"  a', ["/opt/my tools/creds", "a"]],
    ["creds 'a b' \"c d\" e\\ f", ["creds", "a b", "c d", "e f"]],
    ['creds --x="a b"c', ["creds", "--x=a bc"]],
    ["creds \"\" '' x", ["creds", "", "", "x"]],
    ['creds "say \\"hi\\" \\\\ \\n"', ["creds", 'say "hi" \\ \\n']],
    ["creds $HOME; rm -rf `x` | y > z &", ["creds", "$HOME;", "rm", "-rf", "`x`", "|", "y", ">", "z", "&"]],
    ["", []],
  ])("%s", (command, expected) => {
    expect(words(command, false)).toEqual(expected);
  });

  test("on Windows", () => {
    expect(words('"C:\\Program Files\\creds.exe" --x C:\\a', true)).toEqual([
      "C:\\Program Files\\creds.exe",
      "--x",
      "C:\\a",
    ]);
  });
});
