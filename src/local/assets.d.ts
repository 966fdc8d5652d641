/**
 * The asset stage writes these files into `dist/assets/`. Declaring them keeps `tsc` green in a fresh clone,
 * where they do not exist yet. At run time each import is the path of the file.
 */
declare module "*.zst" {
  const path: string;
  export default path;
}
