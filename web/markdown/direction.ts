// Which way a text runs: that of its first letter, as in `dir="auto"`. The attribute itself would not do here, because
// a list's item or a quote does not look into what has a direction of its own.

export type Direction = "ltr" | "rtl";

export function directionOf(text: string): Direction | null {
  const [letter] = /\p{L}/u.exec(text) ?? [];
  if (letter === undefined) return null;
  return RIGHT_TO_LEFT.test(letter) ? "rtl" : "ltr";
}

/** Unicode keeps these ranges for such scripts: Hebrew, Arabic, Syriac, Thaana, N'Ko, Adlam and others. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
