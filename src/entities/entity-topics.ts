import { LiveDistError } from "../base/errors.js";
import { appTopics, formatTopicsList } from "../topics/topics-list.js";
import type { Entity } from "./entity.js";

/** Gives the topics of an entity as the application wants them; `entity.topics` are the previous ones. */
export type TopicsOf = (entity: Entity) => readonly string[];

export interface EntityTopics {
  /** What the delta carries: also topics that count in routing only (#T). */
  readonly all: readonly string[];
  /** What the entity keeps. */
  readonly app: readonly string[];
}

/** Asks the application for the topics of an entity, each once. Throws TopicsList or Limit where they are no topics-list. */
export function topicsFor(topicsOf: TopicsOf, entity: Entity): EntityTopics {
  const given: unknown = topicsOf(entity);
  if (!Array.isArray(given) || !given.every((topic) => typeof topic === "string")) {
    throw new LiveDistError("TopicsList", "topicsOf must give an array of topics");
  }
  const all = [...new Set(given)];
  formatTopicsList(all);
  return { all, app: appTopics(all) };
}
