const SECRET_LIKE = /@|password|pwd/i;
const SHOWN_LENGTH_MAX = 80;

/** Quotes a name or a value for a message: shortened, and hidden where it looks as though it held a password. */
export function shown(text: string): string {
  if (SECRET_LIKE.test(text)) return "(hidden)";
  return JSON.stringify(text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text);
}
