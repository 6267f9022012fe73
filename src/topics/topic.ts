import { LiveDistError } from "../base/errors.js";
import { TOPIC_LENGTH_MAX } from "../base/limits.js";

/** No topic begins like this: it would read as a time-window. */
export const TIME_WINDOW_PREFIX = "TimeWindow";

/** What cannot stand in a topic. The same characters as in grammar/topics-slice.peggy; a test compares them. */
export const FORBIDDEN_CHARACTER = /[\p{White_Space}\uFEFF\p{Cc}\p{Cs}'"*+!(),#]/u;

/** Most topics are made of these characters; to look up what Unicode says of each takes longer. */
const PLAIN_TOPIC = /^[\w.:/@-]+$/;

/**
 * Checks one topic (guide §2.1.1), given without the `#` of a routing topic. Throws TopicsList where it is empty, holds a
 * character that cannot stand in a topic or begins with `TimeWindow`, and Limit where it is too long.
 */
export function checkTopic(topic: string): void {
  checkTopicLength(topic);
  const fault = topicFault(topic);
  if (fault !== undefined) throw new LiveDistError("TopicsList", fault);
}

/** Throws Limit where a topic is longer than TOPIC_LENGTH_MAX. */
export function checkTopicLength(topic: string): void {
  if (topic.length <= TOPIC_LENGTH_MAX) return;
  const message = `a topic of ${topic.length} characters is longer than TOPIC_LENGTH_MAX, ${TOPIC_LENGTH_MAX}: "${topic.slice(0, 40)}…"`;
  throw new LiveDistError("Limit", message);
}

function topicFault(topic: string): string | undefined {
  if (topic === "") return "a topic is empty; write at least one character between two commas";
  if (topic.startsWith(TIME_WINDOW_PREFIX)) {
    return `no topic may begin with ${TIME_WINDOW_PREFIX}, which is reserved for time-windows: "${topic}"`;
  }
  if (PLAIN_TOPIC.test(topic)) return undefined;
  const forbidden = FORBIDDEN_CHARACTER.exec(topic)?.[0];
  return forbidden === undefined ? undefined : `${describeCharacter(forbidden)} cannot stand in a topic`;
}

/** Names a character in a message: as it is where it shows, otherwise by its number. */
export function describeCharacter(character: string): string {
  if (!/[\p{C}\p{Z}]/u.test(character)) return `"${character}"`;
  return `the character U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
}
