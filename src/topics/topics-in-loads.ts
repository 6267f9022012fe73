import type { TopicsHeld } from "./evaluate.js";
import { FATHER_TOPIC } from "./routing-topics.js";
import { topicsHeld } from "./topics-held.js";
import type { TopicsSlice } from "./topics-slice.js";

/**
 * Gives an entity's topics as a slice reads them in a load: with the father topic where the slice asks for it, since there it
 * selects every entity (guide §2.6.1). In the stream only delta-objects have it.
 */
export function topicsInLoads(slice: Pick<TopicsSlice, "topics">, topics: readonly string[]): TopicsHeld {
  const held = topicsHeld(topics);
  if (!slice.topics.has(FATHER_TOPIC)) return held;
  return { has: (topic) => topic === FATHER_TOPIC || held.has(topic) };
}
