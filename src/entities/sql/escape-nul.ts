/** "Data link escape": a text that has neither it nor NUL, as nearly all have, is stored as it is. */
const ESCAPE = "\x10";

/** Writes a text for a database that holds every character but NUL: it becomes an escape and "0", and an escape becomes two. */
export function escapeNul(text: string): string {
  return text.replaceAll(ESCAPE, ESCAPE + ESCAPE).replaceAll("\0", `${ESCAPE}0`);
}

/** Gives the text that `escapeNul` was given. */
export function unescapeNul(text: string): string {
  if (!text.includes(ESCAPE)) return text;
  const between = text.split(ESCAPE + ESCAPE).map((piece) => piece.replaceAll(`${ESCAPE}0`, "\0"));
  return between.join(ESCAPE);
}
