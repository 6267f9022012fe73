/**
 * Makes a function of its text, in which `captured` stand by their names: code for one delta-class looks no name up, and what it
 * makes has one layout. Gives undefined where the engine makes no code of texts (Content-Security-Policy); then the caller does
 * the same plainly. Only names that were checked to be letters, digits and underscores may get into the text from outside.
 */
export function makeFunction(text: string, captured: Readonly<Record<string, unknown>>): unknown {
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the one place where it is done
    const make = new Function(...Object.keys(captured), `"use strict";\nreturn ${text};`) as (
      ...values: unknown[]
    ) => unknown;
    return make(...Object.values(captured));
  } catch {
    return undefined;
  }
}
