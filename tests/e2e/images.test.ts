import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir, writeFile } from "node:fs/promises";
import { FaultServer, respond } from "../hazards/fault-server.ts";
import { inferJson } from "../support/binary.ts";
import { TemporaryFolder } from "../support/folder.ts";

const folder = new TemporaryFolder();
const config = folder.file("openclaw.json");
const GIF = Buffer.from("R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=", "base64");
/** The first bytes of a HEIC file. */
const HEIC = Buffer.from("0000001c66747970686569630000000068656963000000006d696631", "hex");
let png: Uint8Array;
let vendor: FaultServer;
let web: FaultServer;

beforeAll(async () => {
  png = await new Bun.Image(GIF).png().bytes();
  const answer = JSON.stringify({ choices: [{ message: { content: "seen" }, finish_reason: "stop" }] });
  vendor = await FaultServer.start((socket) => respond(socket, 200, answer, { "content-type": "application/json" }));
  web = await FaultServer.start((socket, { path }) =>
    path === "/moved"
      ? respond(socket, 302, "", { location: "/picture" })
      : respond(socket, 200, Buffer.from(png), { "content-type": "text/plain" }),
  );
  const baseUrl = vendor.url;
  const providers = {
    seeing: { baseUrl },
    blind: { baseUrl, models: [{ id: "m", input: ["text"] }] },
    groq: { baseUrl, apiKey: "sk-groq-test" },
  };
  await writeFile(config, JSON.stringify({ models: { providers } }));
  await writeFile(folder.file("a.jpg"), png);
  await writeFile(folder.file("b.gif"), GIF);
  await writeFile(folder.file("c.heic"), HEIC);
  await writeFile(folder.file("d.png"), "just text");
  await writeFile(folder.file("e.png"), "");
  await mkdir(folder.file("f.png"));
});
afterAll(async () => {
  await vendor[Symbol.asyncDispose]();
  await web[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const look = (model: string, ...more: string[]) =>
  inferJson(["model", "run", "--prompt", "what", "--model", model, "--config", config, ...more], { cwd: folder.path });

/** The image parts of the last request, each as the beginning of its data URL. */
function sent(): string[] {
  const { messages } = JSON.parse(vendor.seen.at(-1)?.body ?? "{}");
  const parts: { type: string; image_url?: { url: string } }[] = messages[0].content;
  return parts.flatMap(({ image_url }) => (image_url ? [image_url.url.slice(0, 40)] : []));
}

describe("--file", () => {
  test("several, in order, typed by content and not by name", async () => {
    const { envelope } = await look("seeing/m", "--file", "a.jpg", "--file", "b.gif");
    expect(envelope.inputs).toEqual([
      { path: folder.file("a.jpg"), mimeType: "image/png" },
      { path: folder.file("b.gif"), mimeType: "image/gif" },
    ]);
    expect(sent()).toEqual([
      `data:image/png;base64,${Buffer.from(png).toString("base64")}`.slice(0, 40),
      `data:image/gif;base64,${GIF.toString("base64")}`.slice(0, 40),
    ]);
  });

  test("a data: URL, and a URL behind a redirect once private addresses are allowed", async () => {
    await look("seeing/m", "--file", `data:;base64,${GIF.toString("base64")}`);
    expect(sent()[0]).toStartWith("data:image/gif;base64,");
    const { envelope } = await look("seeing/m", "--file", `${web.url}/moved`, "--allow-private-network");
    expect(envelope.error).toBeNull();
    expect(sent()[0]).toStartWith("data:image/png;base64,");
  });
});

describe("refused before anything is sent", () => {
  test.each([
    ["a URL on this machine", "seeing/m", "web:/picture", "refused", 8, /allow-private-network/],
    ["HEIC", "seeing/m", "c.heic", "usage", 2, /heic.*Convert it/],
    ["text under a picture's name", "seeing/m", "d.png", "usage", 2, /images only/],
    ["an empty file", "seeing/m", "e.png", "usage", 2, /empty/],
    ["a folder", "seeing/m", "f.png", "io", 11, /folder/],
    ["a missing file", "seeing/m", "g.png", "not_found", 4, /no file/],
    ["a model that the config says takes text only", "blind/m", "a.jpg", "usage", 2, /text only/],
    ["a model that the catalog says takes text only", "groq/llama-3.1-8b-instant", "a.jpg", "usage", 2, /text only/],
  ] as const)("%s", async (_, model, file, type, exitCode, message) => {
    const before = [vendor.seen.length, web.seen.length];
    const { code, envelope } = await look(model, "--file", file.replace("web:", web.url));
    expect(envelope.error?.type).toBe(type);
    expect(`${envelope.error?.message} ${envelope.error?.hint}`).toMatch(message);
    expect(code).toBe(exitCode);
    expect([vendor.seen.length, web.seen.length]).toEqual(before);
  });
});
