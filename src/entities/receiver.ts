import type { DeltaObject } from "../delta/delta-object.js";

/** Where a delta-object that a site receives comes from (guide §2.6.2, §2.6.3). */
export type Origin =
  | {
      readonly role: "father";
      /** Tells whether this site wants an entity with these app topics: asked about whole objects that it does not hold. */
      readonly wants: (appTopics: readonly string[]) => boolean;
    }
  | { readonly role: "son"; readonly siteId: string };

/**
 * What became of a delta-object that was received: a new entity; one that it changed, in part at least; one that it did not
 * change; a PARTIAL or UPDATE of an entity that is not held; one of an entity that is held and of which a part that it builds
 * on is not; or a whole object from the father that is neither held nor wanted. But for the first two, the entity is as it was.
 */
export type Received = "created" | "merged" | "unchanged" | "lacking" | "incomplete" | "unwanted";

/**
 * Takes what comes from the father or a son, within one transaction. Its methods run one after the other in the order of the
 * calls. Where one rejects, the whole transaction is rolled back, also where the caller catches the error; after the
 * transaction they reject with Entity.
 */
export interface Receiver {
  /**
   * Merges a delta-object, or an entity of a load, into what is held, field by field, the newer version winning, and sends on
   * what it changed (guide §2.6.2, §2.6.3). DELETE and REGISTER concern servers only and do nothing. Rejects with ClockAhead
   * where a version in it is too far ahead of the local clock, with Entity where its class is not in the schema, with
   * TopicsList where `topicsOf` gives no topics-list.
   */
  receive(delta: DeltaObject): Promise<Received>;
  /**
   * Does with delta-objects, in their order, what `receive` does with each: what is held is read, and what is new is written,
   * for many at once. Gives what became of each.
   */
  receiveAll(deltas: readonly DeltaObject[]): Promise<readonly Received[]>;
  /** Gives entities to the father once more, whole: he said that he does not have them. Those not held are passed over. */
  touch(techIds: readonly string[]): Promise<void>;
}
