import { parseExpression } from "./parse-expression.js";
import { FATHER_TOPIC } from "./routing-topics.js";
import { parseTopicsSlice, TopicsSlice } from "./topics-slice.js";

/** Stands in a request for every entity, whatever its topics: what a proxy without a topics-slice receives (guide §8.3). */
export const EVERYTHING = "*";

/** Selects every topics-list, the empty one too. In loads the father topic does that by itself. */
class Everything extends TopicsSlice {
  constructor() {
    super(EVERYTHING, parseExpression(FATHER_TOPIC));
  }

  override selectsHeld(): boolean {
    return true;
  }
}

export const everything: TopicsSlice = new Everything();

/** Reads what a client without registration may subscribe to: a topics-slice, or EVERYTHING. Throws as `parseTopicsSlice` does. */
export function parseSubscription(text: string): TopicsSlice {
  return text === EVERYTHING ? everything : parseTopicsSlice(text);
}
