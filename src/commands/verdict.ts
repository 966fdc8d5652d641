import type { Context } from "../core/context.ts";

const COLOURS = { green: 32, yellow: 33, red: 31, dim: 2 } as const;

/** Colours a text, or leaves it as it is. */
export type Paint = (colour: keyof typeof COLOURS, text: string) => string;

/** Colour is for a terminal, and for whoever wants it there. */
export function paintFor({ stdio, options, env }: Context): Paint {
  const isColoured = stdio.outIsTerminal() && !options.noColor && !env.NO_COLOR && env.TERM !== "dumb";
  return (colour, text) => (isColoured ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text);
}
