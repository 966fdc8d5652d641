import type { SpeechPersona } from "./speech-wire.ts";

/** A persona as instructions, for models that are told how to speak: OpenClaw's lines. `undefined`: it has no words. */
export function personaInstructions({ id, label, prompt }: SpeechPersona): string | undefined {
  const lines = [
    line("Profile", prompt.profile),
    line("Scene", prompt.scene),
    line("Style", prompt.style),
    line("Accent", prompt.accent),
    line("Pacing", prompt.pacing),
    line("Sample context", prompt.sampleContext),
    ...(prompt.constraints ?? []).map((constraint) => line("Constraint", constraint)),
  ].filter((one) => one !== undefined);
  // A name alone does not say how to speak.
  return lines.length > 0 ? [line("Persona", label) ?? `Persona: ${id}`, ...lines].join("\n") : undefined;
}

function line(about: string, words: string | undefined): string | undefined {
  const told = words?.trim();
  return told ? `${about}: ${told}` : undefined;
}
