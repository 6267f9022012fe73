import { isDeepStrictEqual, inspect } from "node:util";
import type { Entity } from "../../src/edge/entity.js";
import { type OracleEntity, type OracleState, plainObject, type Shapes } from "./oracle.js";

/** What an entity was found to be the same as; neither ever changes. */
const known = new WeakMap<Entity, OracleEntity>();

/** Throws where what a copy holds is not exactly what the oracle says: the same entities, and the same in each of their fields. */
export function expectSame(where: string, shapes: Shapes, held: Iterable<Entity>, expected: OracleState): void {
  const byTechId = new Map([...held].map((entity) => [entity.techId, entity]));
  for (const [techId, entity] of byTechId)
    if (!expected.has(techId)) throw new Error(`${where}: holds ${showHeld(shapes, entity)}, which it should not`);
  for (const [techId, entity] of expected) {
    const other = byTechId.get(techId);
    if (other === undefined) throw new Error(`${where}: lacks ${show(entity)}`);
    expectSameEntity(where, shapes, other, entity);
  }
}

/** Throws where an entity that is held is not what the oracle says. */
export function expectSameEntity(where: string, shapes: Shapes, held: Entity, expected: OracleEntity): void {
  if (!isSame(shapes, held, expected))
    throw new Error(`${where}: holds\n${showHeld(shapes, held)}\nand should hold\n${show(comparable(expected))}`);
}

export function isSame(shapes: Shapes, held: Entity, expected: OracleEntity): boolean {
  if (known.get(held) === expected) return true;
  if (!isDeepStrictEqual(plainEntity(shapes, held), comparable(expected))) return false;
  known.set(held, expected);
  return true;
}

export function showHeld(shapes: Shapes, held: Entity): string {
  return show(plainEntity(shapes, held));
}

export function show(value: unknown): string {
  return inspect(value, { depth: 8, breakLength: 160 });
}

function plainEntity(shapes: Shapes, { techId, deltaClass, topics, updateTime, fields }: Entity): OracleEntity {
  const plain = plainObject(shapes, deltaClass.name, fields);
  return comparable({ className: deltaClass.name, techId, topics, updateTimeMs: updateTime.getTime(), fields: plain });
}

function comparable({ topics, ...rest }: OracleEntity): OracleEntity {
  return { ...rest, topics: topics.filter((topic) => !topic.startsWith("#")).sort() };
}
