/** U+2800, the Braille cell without dots, is a symbol to Unicode, but shows as little as a space. */
const SHOWN = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\u2800]/u;

/** True if the text shows nothing: it has only spaces, control characters, format characters and fillers. */
export function isBlank(text: string): boolean {
  return !SHOWN.test(text);
}
