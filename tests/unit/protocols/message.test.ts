import { expect, test } from "bun:test";
import * as v from "valibot";
import { count, parseJson, parseMessage, text } from "../../../src/protocols/message.ts";
import { failure } from "../../support/failure.ts";

const schema = v.object({
  choices: v.array(v.object({ text, id: v.string(), done: v.boolean(), either: v.union([v.string(), v.number()]) })),
  usage: v.optional(v.object({ total: count })),
  extra: v.optional(v.record(v.string(), v.number())),
});
const choice = { text: "sk-secret", id: "1", done: true, either: 1 };

test("a message as its wire promises is handed on", () => {
  expect(parseMessage(schema, { choices: [choice], more: 1 })).toEqual({ choices: [choice] });
});

test.each([
  [null, "null where an object belongs."],
  ["sk-secret", "a string where an object belongs."],
  [[], "a list where an object belongs."],
  [undefined, "all of it is missing."],
  [{}, "choices is missing."],
  [{ choices: {} }, "choices: an object where a list belongs."],
  [{ choices: [null] }, "choices.0: null where an object belongs."],
  [{ choices: [{ ...choice, text: 5 }] }, "choices.0.text: a number where a string belongs."],
  [{ choices: [{ ...choice, done: "sk-secret" }] }, "choices.0.done: a string where true or false belongs."],
  [{ choices: [{ ...choice, either: true }] }, "choices.0.either: true or false does not belong there."],
  [{ choices: [], usage: { total: Infinity } }, "usage.total: a number where a finite number belongs."],
  [{ choices: [], extra: { a: "sk-secret" } }, "extra.a: a string where a number belongs."],
])("%p is refused in plain words", (message, problem) => {
  expect(failure(() => parseMessage(schema, message)).message).toBe(`The answer cannot be understood: ${problem}`);
});

test("what is no text is not quoted", () => {
  expect(failure(() => parseJson("ID3\u0000\ufffd")).message).toBe("The answer cannot be understood: it is no text.");
  expect(failure(() => parseJson("<html>")).message).toEndWith("it is not JSON: <html>");
});
