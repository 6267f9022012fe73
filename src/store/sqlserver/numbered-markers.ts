import { LiveDistError } from "../../base/errors.js";

/**
 * What a statement of T-SQL is made of where a `?` may stand without being a marker: strings, quoted names, comments (which
 * nest), and the text between them.
 */
const pieces = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\[(?:[^\]]|\]\])*\]|--[^\n]*|\/\*|\*\/|\?|[^'"[\-/*?]+|./gs;

/**
 * Puts the markers of SQL Server, `@p1`, `@p2`, …, in the place of each `?`. Where the parameter is null, NULL itself is
 * written: a marker would need the type of what it is compared with or assigned to. Throws Store where the numbers of
 * markers and parameters differ.
 */
export function numberedMarkers(sql: string, isNull: readonly boolean[]): string {
  let count = 0;
  let commentDepth = 0;
  const text = sql.replaceAll(pieces, (piece) => {
    if (piece === "/*") commentDepth++;
    else if (piece === "*/" && commentDepth > 0) commentDepth--;
    if (piece !== "?" || commentDepth > 0) return piece;
    return isNull[count++] === true ? "NULL" : `@p${count}`;
  });
  if (count === isNull.length) return text;
  throw new LiveDistError("Store", `the statement has ${count} markers for ${isNull.length} parameters`);
}
