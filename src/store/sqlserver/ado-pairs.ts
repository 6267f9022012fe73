import { configError } from "./sqlserver-errors.js";

/** One pair of an ADO connection string: `key` in lower case, `name` as it was written. */
export interface AdoPair {
  readonly key: string;
  readonly name: string;
  readonly value: string;
}

/**
 * Splits a connection string in ADO form into its pairs. A value may stand in single or double quotes, which are doubled
 * within; `==` in a key is one equals sign. Of a key given twice the last one counts, as in ADO.NET. Throws Config where it
 * is malformed, without repeating a value: it may be a password.
 */
export function adoPairs(text: string): AdoPair[] {
  const pairs = new Map<string, AdoPair>();
  for (let at = 0; (at = skip(text, at, /[\s;]*/y)) < text.length;) {
    const key = /((?:[^=;]|==)+)=(?!=)\s*/y;
    key.lastIndex = at;
    const name = key.exec(text)?.[1]?.replaceAll("==", "=").trim();
    if (name === undefined || name === "")
      throw configError(`pair ${pairs.size + 1} of the connection string is not of the form key=value`);
    const { value, end } = readValue(text, key.lastIndex, name);
    const pair = { key: name.toLowerCase().replaceAll(/\s+/g, " "), name, value };
    pairs.set(pair.key, pair);
    at = end;
  }
  return [...pairs.values()];
}

function readValue(text: string, start: number, name: string): { value: string; end: number } {
  const quote = text[start];
  const isQuoted = quote === '"' || quote === "'";
  const pattern = !isQuoted
    ? /([^;]*)/y
    : quote === '"'
      ? /"((?:[^"]|"")*)"\s*(?=;|$)/y
      : /'((?:[^']|'')*)'\s*(?=;|$)/y;
  pattern.lastIndex = start;
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw configError(`the quoted value of ${name} does not end, or something follows it`);
  return { value: isQuoted ? found.replaceAll(quote + quote, quote) : found.trim(), end: pattern.lastIndex };
}

function skip(text: string, at: number, pattern: RegExp): number {
  pattern.lastIndex = at;
  pattern.exec(text);
  return pattern.lastIndex;
}
