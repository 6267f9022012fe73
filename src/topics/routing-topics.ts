import { parseTopicsSlice } from "./topics-slice.js";

/**
 * The topic that stands for the father of whatever site a delta-object is in (guide §2.6.1). The father subscribes to it at
 * each of its sons; in loads it selects every entity.
 */
export const FATHER_TOPIC = "father-site";

/** Gives the topic that routes a delta-object to one site (guide §2.6.3, the direct-naming topic). */
export function siteTopic(siteId: string): string {
  return `site-${siteId}`;
}

/** Gives the topic that keeps a delta-object from the site that it came from (guide §2.6.3, the negation-topic). */
export function notSiteTopic(siteId: string): string {
  return `not-site-${siteId}`;
}

/** Gives a topic as it stands in the topics-list of a delta-object where it counts in routing only (guide §2.1.1.1). */
export function forRouting(topic: string): string {
  return `#${topic}`;
}

/** Gives the slice with which a site subscribes at its father: what it wants, but nothing back that came from it. Throws TopicsSlice. */
export function sonTopicsSlice(topicsSlice: string, siteId: string): string {
  const { text } = parseTopicsSlice(topicsSlice);
  return `(${text})*!${notSiteTopic(siteId)}+${siteTopic(siteId)}`;
}
