/**
 * Why a file must not be trusted: somebody else may change it, or (for `read`) see it. Root's own files are taken for
 * the user's, since root could change everything else as well. Windows has no such bits, and says nothing here.
 */
export function tooOpen({ mode, uid }: { mode: number; uid: number }, against: "read" | "write"): string | undefined {
  const own = process.getuid?.();
  if (own === undefined) return undefined;
  if (uid !== own && uid !== 0) return "belongs to another user";
  if (mode & 0o022) return "can be changed by other users";
  if (against === "read" && mode & 0o044) return "can be read by other users";
  return undefined;
}

/**
 * Why what is in a folder must not be trusted: anybody may put another file in its place. With the sticky bit, as in
 * `/tmp`, only a file's owner may.
 */
export function openToAll({ mode }: { mode: number }): string | undefined {
  if (process.getuid === undefined) return undefined;
  const isSticky = (mode & 0o1000) !== 0;
  return (mode & 0o002) !== 0 && !isSticky ? "can be changed by other users" : undefined;
}
