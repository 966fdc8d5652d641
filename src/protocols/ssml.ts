/** Text as it may stand in SSML, between tags and in an attribute. */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(FORBIDDEN, " ")
    .replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}

/**
 * `en-US-JennyNeural` speaks `en-US`, `zh-CN-liaoning-XiaobeiNeural` `zh-CN-liaoning`; also in Microsoft's long form, which
 * ends in `(cy-GB, NiaNeural)`. A voice of one's own may have any name.
 */
export function languageOf(voice: string): string {
  const [, language] = /(?:^|\()([a-z]{2,3}(?:-[A-Za-z0-9]+)+)(?:, ?|-)[^-,()]+\)?$/.exec(voice) ?? [];
  return language ?? "en-US";
}

/**
 * Control characters and the like have no place in XML, not even escaped: https://www.w3.org/TR/xml/#charsets. A space, so
 * that no two words grow together.
 */
const FORBIDDEN = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};
