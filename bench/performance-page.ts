import { readFile, writeFile } from "node:fs/promises";
import { formatTable } from "./format-table.js";
import type { Table } from "./measure.js";

/** Where the figures of a subject stand in the page. */
function marks(subject: string): readonly [string, string] {
  return [`<!-- bench ${subject} -->`, "<!-- end -->"];
}

/** Puts the figures of a run in the place of those before; what is written around them stays. Throws where a subject has no place. */
export async function writeFigures(
  page: string,
  subject: string,
  head: readonly string[],
  tables: readonly Table[],
): Promise<void> {
  const text = await readFile(page, "utf8");
  const [begin, end] = marks(subject);
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`${page} has no place for ${subject}: ${begin} and ${end}`);
  const figures = [head.join("\n"), ...tables.map(formatTable)].join("\n\n");
  await writeFile(page, `${text.slice(0, from)}${begin}\n\n\`\`\`text\n${figures}\n\`\`\`\n\n${text.slice(to)}`);
}
