import type { DeltaObject } from "../delta/delta-object.js";
import type { Entity } from "./entity.js";
import type { Origin } from "./receiver.js";

/** An arriving change of an entity that is held. */
export interface Arrival {
  readonly origin: Origin;
  readonly delta: DeltaObject;
  readonly held: Entity;
  /** The entity as it will be where everything is accepted; its topics are still the old ones. */
  readonly merged: Entity;
  /** The names of the fields that are newer than those held. */
  readonly fields: readonly string[];
}

/**
 * Decides on what merging would accept: all (true), nothing (false), or the fields named. What it refuses keeps the value
 * held, under a new version that goes to all sites, the sender's too, so that all agree on it. It has to decide by what it is
 * given alone. Entities that were not held are created without being asked about.
 */
export type MergePolicy = (arrival: Arrival) => boolean | readonly string[];
