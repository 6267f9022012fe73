import type { DeltaObject } from "../delta/delta-object.js";
import type { Entity } from "./entity.js";

/** What happened to one entity of a Replica. */
export interface ReplicaChange {
  /** It came into the copy, changed in it (or a load brought it again), or is gone from it. */
  readonly kind: "enter" | "update" | "leave";
  readonly techId: string;
  /** The entity afterwards; of a "leave", the entity as it was. */
  readonly entity: Entity;
  /** What made the change; undefined where a load did not bring the entity any more. */
  readonly delta: DeltaObject | undefined;
}

/** Gives the change from what was held to what is held now; undefined where there is none. */
export function changeOf(
  before: Entity | undefined,
  after: Entity | undefined,
  delta: DeltaObject,
): ReplicaChange | undefined {
  const { techId } = delta;
  if (before === after) return undefined;
  if (after === undefined) return { kind: "leave", techId, entity: before!, delta };
  return { kind: before === undefined ? "enter" : "update", techId, entity: after, delta };
}
