import type { Context } from "../core/context.ts";

/** Opens a page in the user's browser; `false` where there is none, as over SSH. Nothing is waited for. */
export function openBrowser({ env }: Pick<Context, "env">, url: string): boolean {
  const command = commandFor(env, url);
  if (!command) return false;
  try {
    const child = Bun.spawn(command, { stdin: "ignore", stdout: "ignore", stderr: "ignore", env: { ...env } });
    child.unref();
    return true;
  } catch {
    return false;
  }
}

function commandFor(env: Context["env"], url: string): string[] | undefined {
  if (process.platform === "darwin") return ["open", url];
  // No shell reads the address: `&` in it would end it there.
  if (process.platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler", url];
  return env.DISPLAY || env.WAYLAND_DISPLAY || env.WSL_DISTRO_NAME ? ["xdg-open", url] : undefined;
}
