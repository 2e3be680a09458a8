// Horizontal bars as SVG, by hand: no library among ours draws any. One palette that reads on white and on black, since
// an image in a README does not know which of them is behind it. The text's size is that of the text around it.

export type Bar = {
  label: string;
  value: number;
  /** As it is printed. */
  text: string;
  /** The least and the most that was seen, drawn as a whisker. */
  range: readonly [number, number] | null;
  /** The threshold, drawn as a tick; a bar past it has another colour. */
  limit: { value: number; text: string; isMet: boolean } | null;
};

const WIDTH = 720;
const LABEL_WIDTH = 150;
const TEXT_WIDTH = 190; // To the right of the longest bar: its value, and its limit.
const ROW = 30;
const BAR = 16;
const TOP = 44;
const PLOT = WIDTH - LABEL_WIDTH - TEXT_WIDTH;

const GREY = "#768390";
const MET = "#2f9e77";
const MISSED = "#d9772b";
const PLAIN = "#4c8fd6";

export function drawBars(title: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ value, range, limit }) => Math.max(value, range?.[1] ?? 0, limit?.value ?? 0)));
  const x = (value: number) => round(LABEL_WIDTH + (Math.max(0, value) / (most > 0 ? most : 1)) * PLOT);
  const height = TOP + bars.length * ROW + 8;
  const rows = bars.map((bar, index) => drawRow(bar, TOP + index * ROW, x));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escape(title)}">`,
    `<g font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="13" fill="${GREY}">`,
    `<text x="0" y="20" font-size="15" font-weight="600">${escape(title)}</text>`,
    `<line x1="${LABEL_WIDTH}" y1="${TOP - 8}" x2="${LABEL_WIDTH}" y2="${height - 8}" stroke="${GREY}" stroke-opacity="0.5"/>`,
    ...rows,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

function drawRow({ label, value, text, range, limit }: Bar, top: number, x: (value: number) => number): string {
  const middle = top + BAR / 2;
  const baseline = middle + 4.5;
  const fill = limit === null ? PLAIN : limit.isMet ? MET : MISSED;
  const end = Math.max(x(value), range === null ? 0 : x(range[1]), limit === null ? 0 : x(limit.value));
  const parts = [
    `<text x="${LABEL_WIDTH - 10}" y="${baseline}" text-anchor="end">${escape(label)}</text>`,
    `<rect x="${LABEL_WIDTH}" y="${top}" width="${round(x(value) - LABEL_WIDTH)}" height="${BAR}" rx="2" fill="${fill}"/>`,
  ];
  if (range !== null && range[0] !== range[1]) {
    const [from, to] = [x(range[0]), x(range[1])];
    parts.push(
      `<path d="M${from} ${middle}H${to}M${from} ${middle - 4}v8M${to} ${middle - 4}v8" stroke="${GREY}" fill="none"/>`,
    );
  }
  if (limit !== null) {
    const at = x(limit.value);
    parts.push(`<line x1="${at}" y1="${top - 5}" x2="${at}" y2="${top + BAR + 5}" stroke="${GREY}" stroke-width="2"/>`);
  }
  const said = limit === null ? text : `${text} (${limit.text})`;
  parts.push(`<text x="${round(end + 8)}" y="${baseline}">${escape(said)}</text>`);
  return parts.join("\n");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
