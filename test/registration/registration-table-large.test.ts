import { describe, expect, it } from "vitest";
import { GuidTable } from "../../src/base/guid-table.js";
import { RegistrationTable } from "../../src/registration/registration-table.js";

const ENTITIES = 10_000_000;
/** The guid table's keys and index, which is 3/8 to 3/4 full, and the masks: 16 + 13.4 + 16 bytes at this number of entities. */
const ENTITY_BYTES_MAX = 48;
/** Registered on all, synchronized on the even ones. Its bit is that of the sign. */
const ALL = 63;
/** Registered and synchronized on every third. */
const THIRDS = 31;

const techIds = new GuidTable({ k0: 0x1234567, k1: -0x7654321 });
const bytes = new Uint8Array(16);
const view = new DataView(bytes.buffer);

/** Writes a tech-id that holds the number of the entity. */
function writeTechId(entity: number): void {
  view.setUint32(0, Math.imul(entity, 0x9e3779b1));
  view.setUint32(12, entity);
}

function low(entity: number): number {
  return entity % 3 === 0 ? 1 << THIRDS : 0;
}

function filled(techIds: GuidTable): RegistrationTable {
  const table = new RegistrationTable(techIds);
  for (let entity = 0; entity < ENTITIES; entity++) {
    writeTechId(entity);
    const slot = table.insert(bytes, 0);
    table.set(slot, 0, low(entity), low(entity));
    table.set(slot, 1, 1 << 31, entity % 2 === 0 ? 1 << 31 : 0);
  }
  return table;
}

/** Counts the entities of a client and, of every seventh, those whose masks are not what they should be. */
function walk(table: RegistrationTable, bit: number, high: (entity: number) => [number, number]): object {
  let count = 0;
  let wrong = 0;
  table.forEachRegistered(bit, (slot) => {
    if (count++ % 7 !== 0) return;
    techIds.writeKey(slot, bytes, 0);
    const entity = view.getUint32(12);
    const [registered, synchronized] = high(entity);
    const isRight =
      table.registered(slot, 0) === low(entity) &&
      table.synchronized(slot, 0) === low(entity) &&
      table.registered(slot, 1) === registered &&
      table.synchronized(slot, 1) === synchronized;
    if (!isRight) wrong++;
  });
  return { count, wrong };
}

/** Counts a sample of entities whose tech-ids are not found, or found though they are not there. */
function misses(table: RegistrationTable, isThere: (entity: number) => boolean): number {
  let wrong = 0;
  for (let entity = 0; entity < ENTITIES; entity += 41) {
    writeTechId(entity);
    const slot = table.find(bytes, 0);
    if (((table.registered(slot, 0) | table.registered(slot, 1)) !== 0) !== isThere(entity)) wrong++;
  }
  return wrong;
}

describe("RegistrationTable of ten million entities", () => {
  it("holds them in few bytes each, and loses a client at once", { timeout: 120_000 }, async ({ annotate }) => {
    const table = filled(techIds);
    const entityBytes = (techIds.heldBytes + table.heldBytes) / ENTITIES;
    await annotate(`${entityBytes.toFixed(1)} bytes per entity`);
    const thirds = Math.ceil(ENTITIES / 3);
    expect(table.count).toBe(ENTITIES);
    expect(entityBytes).toBeLessThan(ENTITY_BYTES_MAX);
    expect(table.counts(ALL)).toEqual({ registered: ENTITIES, synchronized: ENTITIES / 2 });
    expect(table.counts(THIRDS)).toEqual({ registered: thirds, synchronized: thirds });
    const high = (entity: number): [number, number] => [1 << 31, entity % 2 === 0 ? 1 << 31 : 0];
    expect(walk(table, ALL, high)).toEqual({ count: ENTITIES, wrong: 0 });
    expect(misses(table, () => true)).toBe(0);

    table.clear(ALL);
    expect(table.counts(ALL)).toEqual({ registered: 0, synchronized: 0 });
    // What is registered again beside what has not been looked at since stands apart from it.
    writeTechId(ENTITIES - 1);
    table.put(bytes, 0, ALL, "synchronized");
    expect(walk(table, ALL, () => [1 << 31, 1 << 31])).toEqual({ count: 1, wrong: 0 });
    writeTechId(ENTITIES - 1);
    table.drop(bytes, 0, ALL);
    expect(walk(table, ALL, high)).toEqual({ count: 0, wrong: 0 });
    expect(walk(table, THIRDS, () => [0, 0])).toEqual({ count: thirds, wrong: 0 });
    expect(misses(table, (entity) => entity % 3 === 0)).toBe(0);
    expect(table.count).toBe(thirds);

    table.clear(THIRDS);
    expect(misses(table, () => false)).toBe(0);
    expect(table.count).toBe(0);
  });
});
