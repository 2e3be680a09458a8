// Tables of figures, aligned for a terminal or as Markdown: names to the left, all else to the right.

/** Columns in which no row says anything are left out. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = dropEmpty(header, rows);
  const widths = head.map((_, column) => Math.max(...[head, ...body].map((line) => line[column]?.length ?? 0)));
  const rule = widths.map((width) => "-".repeat(width));
  return [head, rule, ...body]
    .map((line) =>
      line
        .map((cell, column) => pad(cell, widths[column] ?? 0, column))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** The first `names` columns are to the left. */
export function formatMarkdownTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  names: number,
): string {
  const [head = [], ...body] = dropEmpty(header, rows);
  const rule = head.map((_, column) => (column < names ? ":--" : "--:"));
  return [head, rule, ...body].map((line) => `| ${line.map(escapeCell).join(" | ")} |`).join("\n");
}

function dropEmpty(header: readonly string[], rows: readonly (readonly string[])[]): string[][] {
  const columns = header.map((_, index) => index).filter((index) => rows.some((row) => (row[index] ?? "") !== ""));
  return [header, ...rows].map((row) => columns.map((index) => row[index] ?? ""));
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function escapeCell(cell: string): string {
  return cell.replaceAll("|", "\\|");
}
