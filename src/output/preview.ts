import type { Context } from "../core/context.ts";
import { MOST_PIXELS } from "../core/pixel-limit.ts";

/** Pixels: a preview, not the picture. */
const LARGEST_EDGE = 480;
/** Kitty takes no more in one piece: https://sw.kovidgoyal.net/kitty/graphics-protocol/ */
const PIECE = 4096;

type Dialect = "kitty" | "iterm";

/** Shows a picture in a terminal that can, on stderr: stdout has the path. */
export async function preview(context: Context, path: string): Promise<void> {
  const { stdio, options } = context;
  const dialect = dialectOf(context.env);
  if (!dialect || options.quiet || options.json || !stdio.errIsTerminal()) return;
  try {
    const image = new Bun.Image(path, { maxPixels: MOST_PIXELS });
    const small = image.resize(LARGEST_EDGE, LARGEST_EDGE, { fit: "inside", withoutEnlargement: true });
    const png = Buffer.from(await small.png().bytes()).toString("base64");
    stdio.writeErr(`${dialect === "kitty" ? kitty(png) : iterm(png)}\n`);
  } catch {
    // A picture that cannot be decoded here is saved all the same.
  }
}

/** What the terminal says of itself; inside tmux and screen neither protocol gets through. */
function dialectOf(env: Context["env"]): Dialect | undefined {
  if (env.TMUX || env.STY) return undefined;
  if (env.TERM === "xterm-kitty" || env.KITTY_WINDOW_ID || env.TERM_PROGRAM === "ghostty") return "kitty";
  return /^(?:iTerm\.app|WezTerm)$/.test(env.TERM_PROGRAM ?? "") ? "iterm" : undefined;
}

function kitty(png: string): string {
  const pieces = png.match(new RegExp(`.{1,${PIECE}}`, "g")) ?? [];
  return pieces
    .map((piece, index) => {
      const more = index < pieces.length - 1 ? 1 : 0;
      return `\u001b_G${index === 0 ? "f=100,a=T," : ""}q=2,m=${more};${piece}\u001b\\`;
    })
    .join("");
}

/** https://iterm2.com/documentation-images.html */
function iterm(png: string): string {
  return `\u001b]1337;File=inline=1;preserveAspectRatio=1:${png}\u0007`;
}
