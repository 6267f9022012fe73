import type { Entity } from "../../src/edge/entity.js";
import { expectSameEntity, isSame, show, showHeld } from "./expect-same.js";
import type { Oracle, Shapes } from "./oracle.js";
import { selects, vetoes } from "./oracle-topics.js";

/** A copy of a registered client, as of a sequence-number. */
export interface RegisteredState {
  readonly where: string;
  readonly topicsSlice: string;
  readonly sequence: number;
  readonly held: ReadonlyMap<string, Entity>;
  /** Tells of entities that the client has removed, and is not given until the server has heard of that. */
  readonly isDropped: (techId: string) => boolean;
}

/**
 * Throws unless a copy is what a registered client's is to be: it holds everything that the slice selects and nothing that is
 * not there; each entity is current, but those that the slice vetoes may be as they were before.
 */
export function expectRegistered(oracle: Oracle, shapes: Shapes, state: RegisteredState): void {
  const { where, topicsSlice, sequence, held, isDropped } = state;
  const expected = oracle.at(sequence);
  for (const [techId, entity] of expected) {
    if (held.has(techId) || isDropped(techId)) continue;
    if (selects(topicsSlice, entity.topics)) throw new Error(`${where}: lacks ${show(entity)}`);
  }
  for (const [techId, entity] of held) {
    const current = expected.get(techId);
    if (current === undefined) throw new Error(`${where}: holds ${showHeld(shapes, entity)}, which is not there`);
    if (!vetoes(topicsSlice, current.topics)) expectSameEntity(where, shapes, entity, current);
    else if (!isSame(shapes, entity, current)) expectOlder(oracle, shapes, state, entity);
  }
}

/** Throws unless an entity is held as it once was. */
function expectOlder(oracle: Oracle, shapes: Shapes, { where, sequence }: RegisteredState, held: Entity): void {
  const versions = oracle.versions(held.techId, sequence);
  if (!versions.some(({ entity }) => entity !== undefined && isSame(shapes, held, entity)))
    throw new Error(`${where}: holds ${showHeld(shapes, held)}, which it never was`);
}
