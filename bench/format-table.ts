import type { Row, Table } from "./measure.js";

/** Writes a table as plain text: median, spread from least to most, and how many times the yardstick's median it is. */
export function formatTable({ title, target, rows }: Table): string {
  const cells = rows.map((row) => [
    row.name,
    `${figure(row.median)} ${row.unit}`,
    spread(row),
    rows.length > 1 ? beside(row) : "",
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...cells.map((line) => line[column]!.length)));
  const lines = cells.map(([name, median, range, times]) =>
    [name!.padEnd(widths[0]!), median!.padStart(widths[1]!), range!.padStart(widths[2]!), times].join("  ").trimEnd(),
  );
  return [target === undefined ? title : `${title} (target: ${target})`, ...lines.map((line) => `  ${line}`)].join(
    "\n",
  );
}

function spread({ runs, low, high }: Row): string {
  return runs === 1 ? "" : `(${figure(low)} – ${figure(high)})`;
}

function beside({ median, beside: yardstick }: Row): string {
  if (yardstick === undefined) return "yardstick";
  return `${(median / yardstick.median).toPrecision(2)} ×`;
}

/** Writes a number with three digits that count. */
function figure(value: number): string {
  if (value >= 1000) return Math.round(Number(value.toPrecision(3))).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}
