import { LiveDistError } from "../base/errors.js";
import { TOPICS_LIST_TOPICS_MAX } from "../base/limits.js";
import { checkTopic } from "./topic.js";

/** Marks a routing topic in a topics-list: the delta server reads `#T` as `T`, the cache server ignores it. */
const ROUTING_MARK = "#".charCodeAt(0);

/**
 * Reads a topics-list as it stands in a database, `,A1,A2,B1,` (guide §2.1.1.1), into its topics, each once, in their order.
 * `""` and `","` are empty. Throws TopicsList where it is malformed, and Limit where it is too large.
 */
export function parseTopicsList(text: string): string[] {
  if (text === "" || text === ",") return [];
  if (text.length < 2 || !text.startsWith(",") || !text.endsWith(",")) {
    throw new LiveDistError(
      "TopicsList",
      `a topics-list begins and ends with a comma, as ",A,B,", but this is ${JSON.stringify(excerpt(text))}`,
    );
  }
  // The limit on split keeps a hostile text from becoming millions of strings before it is refused.
  return checkedTopics(text.slice(1, -1).split(",", TOPICS_LIST_TOPICS_MAX + 1));
}

/**
 * Writes topics as they stand in a database, `,A1,A2,B1,` (guide §2.1.1.1), each once; no topics are `","`. Throws
 * TopicsList where a topic is malformed, and Limit where a topic is too long or there are too many.
 */
export function formatTopicsList(topics: Iterable<string>): string {
  let text = ",";
  for (const topic of checkedTopics(topics)) text += `${topic},`;
  return text;
}

/** Checks topics as `formatTopicsList` does, and writes nothing. */
export function checkTopicsList(topics: readonly string[]): void {
  if (topics.length > TOPICS_LIST_TOPICS_MAX) throw tooManyTopicsError();
  for (const topic of topics) checkTopic(routedTopic(topic));
}

/** Gives the topics that the application means: those without a leading `#`. */
export function appTopics(topicsList: Iterable<string>): string[] {
  return Array.from(topicsList).filter((topic) => !isRoutingTopic(topic));
}

/** Gives the topics as the delta server reads them: `#T` as `T`. */
export function routedTopics(topicsList: Iterable<string>): Set<string> {
  const topics = new Set<string>();
  for (const topic of topicsList) topics.add(routedTopic(topic));
  return topics;
}

/** Gives a topic as the delta server reads it: `#T` as `T`. */
export function routedTopic(topic: string): string {
  return isRoutingTopic(topic) ? topic.slice(1) : topic;
}

/** Tells whether a topic of a topics-list counts in routing only. */
export function isRoutingTopic(topic: string): boolean {
  return topic.charCodeAt(0) === ROUTING_MARK;
}

function checkedTopics(topics: Iterable<string>): string[] {
  const checked = new Set<string>();
  let count = 0;
  for (const topic of topics) {
    if (++count > TOPICS_LIST_TOPICS_MAX) throw tooManyTopicsError();
    checkTopic(routedTopic(topic));
    checked.add(topic);
  }
  return [...checked];
}

function tooManyTopicsError(): LiveDistError {
  const message = `a topics-list has more topics than TOPICS_LIST_TOPICS_MAX, ${TOPICS_LIST_TOPICS_MAX}`;
  return new LiveDistError("Limit", message);
}

function excerpt(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`;
}
