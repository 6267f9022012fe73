const NAME_LENGTH_MAX = 64;
const DISTANCE_MAX = 3;
/** A short name with several other letters is another name. */
const LETTERS_PER_MISTAKE = 5;

/** Gives the name that a misspelt one was probably meant to be, or undefined where none is near enough. */
export function nearestName(misspelt: string, names: readonly string[]): string | undefined {
  // The work grows with the square of the length.
  if (misspelt.length > NAME_LENGTH_MAX) return undefined;
  let nearest: string | undefined;
  let nearestDistance = Math.min(DISTANCE_MAX, Math.floor(misspelt.length / LETTERS_PER_MISTAKE)) + 1;
  for (const name of names) {
    const distance = editDistance(misspelt.toLowerCase(), name.toLowerCase());
    if (distance >= nearestDistance) continue;
    nearest = name;
    nearestDistance = distance;
  }
  return nearest;
}

/** Counts the characters to insert, remove or replace that make one text of the other (Levenshtein). */
function editDistance(a: string, b: string): number {
  // The distances of one beginning of `a` to all beginnings of `b`; each row follows from the one before.
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replaced = row[j]! + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(replaced, row[j + 1]! + 1, next[j]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
