import { LiveDistError } from "../../base/errors.js";

/**
 * What a statement of T-SQL is made of where a `?` may stand without being a marker: strings, quoted names, comments (which
 * nest), and the text between them.
 */
const pieces = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\[(?:[^\]]|\]\])*\]|--[^\n]*|\/\*|\*\/|\?|[^'"[\-/*?]+|./gs;

/**
 * Puts the markers of SQL Server, `@p1`, `@p2`, …, in the place of each `?`, or the literal where there is one for its
 * parameter. Throws Store where the numbers of markers and parameters differ.
 */
export function numberedMarkers(sql: string, literals: readonly (string | undefined)[]): string {
  let count = 0;
  let commentDepth = 0;
  const text = sql.replaceAll(pieces, (piece) => {
    if (piece === "/*") commentDepth++;
    else if (piece === "*/" && commentDepth > 0) commentDepth--;
    if (piece !== "?" || commentDepth > 0) return piece;
    return literals[count++] ?? `@p${count}`;
  });
  if (count === literals.length) return text;
  throw new LiveDistError("Store", `the statement has ${count} markers for ${literals.length} parameters`);
}
