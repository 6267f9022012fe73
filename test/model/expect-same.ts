import { isDeepStrictEqual, inspect } from "node:util";
import type { Entity } from "../../src/edge/entity.js";
import { type OracleEntity, type OracleState, plainObject, type Shapes } from "./oracle.js";

/** Throws where what a copy holds is not exactly what the oracle says: the same entities, and the same in each of their fields. */
export function expectSame(where: string, shapes: Shapes, held: readonly Entity[], expected: OracleState): void {
  const plain = new Map(held.map((entity) => [entity.techId, plainEntity(shapes, entity)]));
  for (const [techId, entity] of plain)
    if (!expected.has(techId)) throw new Error(`${where}: holds ${show(entity)}, which it should not`);
  for (const [techId, entity] of expected) {
    const other = plain.get(techId);
    if (other === undefined) throw new Error(`${where}: lacks ${show(entity)}`);
    if (!isDeepStrictEqual(other, comparable(entity)))
      throw new Error(`${where}: holds\n${show(other)}\nand should hold\n${show(comparable(entity))}`);
  }
}

function plainEntity(shapes: Shapes, { techId, deltaClass, topics, updateTime, fields }: Entity): OracleEntity {
  const plain = plainObject(shapes, deltaClass.name, fields);
  return comparable({ className: deltaClass.name, techId, topics, updateTimeMs: updateTime.getTime(), fields: plain });
}

function comparable({ topics, ...rest }: OracleEntity): OracleEntity {
  return { ...rest, topics: topics.filter((topic) => !topic.startsWith("#")).sort() };
}

function show(value: unknown): string {
  return inspect(value, { depth: 8, breakLength: 160 });
}
