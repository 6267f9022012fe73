import type { TopicsHeld } from "./evaluate.js";

/** Up to here, looking through a list costs less than making a Set. */
const SHORT_LIST_TOPICS = 12;

/** Gives a list of topics in the form in which slices are evaluated over it many times. */
export function topicsHeld(topics: readonly string[]): TopicsHeld {
  return topics.length > SHORT_LIST_TOPICS ? new Set(topics) : { has: (topic) => topics.includes(topic) };
}
