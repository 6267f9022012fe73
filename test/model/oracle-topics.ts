/**
 * Tells whether a slice selects a topics-list: `+` and `*` from left to right, `!` after `*`, parentheses. Topics with `#` are
 * not in a slice, and do not count.
 */
export function selects(slice: string, topics: readonly string[]): boolean {
  const tokens = tokensOf(slice);
  let at = 0;
  const term = (): boolean => {
    const token = tokens[at++];
    if (token === "!") return !term();
    if (token !== "(") return topics.includes(token!);
    const inner = expression();
    at++;
    return inner;
  };
  const expression = (): boolean => {
    let value = term();
    while (tokens[at] === "+" || tokens[at] === "*") {
      const isOr = tokens[at++] === "+";
      const right = term();
      value = isOr ? value || right : value && right;
    }
    return value;
  };
  return expression();
}

/** Tells whether a slice selects a topics-list as the delta server reads it: `#T` as `T`. */
export function selectsRouted(slice: string, topics: readonly string[]): boolean {
  return selects(slice, topics.map(routed));
}

/** Tells whether a slice vetoes an entity with these topics: it names one of them under `!`, and does not select them. */
export function vetoes(slice: string, topics: readonly string[]): boolean {
  return topics.some((topic) => excludes(slice, topic)) && !selects(slice, topics);
}

/** Tells whether a delta with these topics comes from the client whose slice this is: it names a `#T` of them under `!`. */
export function comesFrom(slice: string, topics: readonly string[]): boolean {
  const marked = topics.filter((topic) => topic.startsWith("#"));
  return marked.some((topic) => excludes(slice, routed(topic))) && !selectsRouted(slice, topics);
}

function routed(topic: string): string {
  return topic.startsWith("#") ? topic.slice(1) : topic;
}

function excludes(slice: string, topic: string): boolean {
  const tokens = tokensOf(slice);
  return tokens.some((token, at) => token === "!" && tokens[at + 1] === topic);
}

const known = new Map<string, readonly string[]>();

function tokensOf(slice: string): readonly string[] {
  let tokens = known.get(slice);
  if (tokens === undefined) known.set(slice, (tokens = slice.match(/[+*!()]|[^+*!()\s]+/g) ?? []));
  return tokens;
}
