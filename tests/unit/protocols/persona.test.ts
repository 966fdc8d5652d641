import { expect, test } from "bun:test";
import { personaInstructions } from "../../../src/protocols/persona.ts";

test("all of it, a line each, in OpenClaw's order", () => {
  const prompt = {
    constraints: ["Never rush", " No jokes "],
    sampleContext: "Answers a question",
    pacing: "slow",
    accent: "British",
    style: "warm",
    scene: "A library",
    profile: "An old librarian",
  };
  expect(personaInstructions({ id: "alfred", label: "Alfred", prompt })).toBe(
    [
      "Persona: Alfred",
      "Profile: An old librarian",
      "Scene: A library",
      "Style: warm",
      "Accent: British",
      "Pacing: slow",
      "Sample context: Answers a question",
      "Constraint: Never rush",
      "Constraint: No jokes",
    ].join("\n"),
  );
});

test("without a label it is called by its id", () => {
  expect(personaInstructions({ id: "alfred", prompt: { style: "warm" } })).toBe("Persona: alfred\nStyle: warm");
});

test.each([{}, { style: " ", constraints: [] }, { constraints: [""] }])("%j says nothing of how to speak", (prompt) => {
  expect(personaInstructions({ id: "alfred", label: "Alfred", prompt })).toBeUndefined();
});
