import { parseTopicsSlice } from "../../topics/topics-slice.js";

/** Tells whether entities with these app topics are wanted where they are not held. */
export type Wants = (appTopics: readonly string[]) => boolean;

export const wantsAll: Wants = () => true;
export const wantsNone: Wants = () => false;

/** Wants what a slice selects. */
export function wantsOf(topicsSlice: string): Wants {
  const slice = parseTopicsSlice(topicsSlice);
  return (appTopics) => slice.selects(appTopics);
}
