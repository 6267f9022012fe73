import { STORE_STATEMENTS_MAX } from "../../base/limits.js";

// Strings, names, comments and the markers that stand outside of them; "??" is how an operator with a question mark is written.
const TOKENS =
  /\b[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\$([A-Za-z_]\w*)?\$[\s\S]*?\$\1\$|\?\??/g;

const known = new Map<string, string>();

/** Puts `$1`, `$2`, … in the place of the markers `?`, as PostgreSQL wants them; `??` becomes a plain question mark. */
export function numberedMarkers(sql: string): string {
  const found = known.get(sql);
  if (found !== undefined) return found;
  const written = write(sql);
  if (known.size >= STORE_STATEMENTS_MAX) known.delete(known.keys().next().value!);
  known.set(sql, written);
  return written;
}

function write(sql: string): string {
  let parameterNumber = 0;
  return sql.replace(TOKENS, (token) => {
    if (token === "?") return `$${++parameterNumber}`;
    return token === "??" ? "?" : token;
  });
}
