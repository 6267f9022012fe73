import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Version } from "../../src/delta/version.js";
import {
  collectionNode,
  laterOf,
  nodeOf,
  objectNode,
  type FieldNode,
  type ObjectNode,
} from "../../src/delta/version-tree.js";
import { formatVersions, parseVersions } from "../../src/entities/entity-versions.js";
import { openFile } from "../store/sqlite-files.js";
import { entitiesOf, id, logged, Party, TestClock } from "./entities-setup.js";

describe("versions of entities", () => {
  it("increase with a clock that goes back, and after the database is opened again", async () => {
    const opened = await openFile();
    const clock = new TestClock();
    try {
      const first = entitiesOf(opened.store, { clock, siteId: "s" });
      await first.transaction((unit) => unit.create(Party, { name: "a" }, { techId: id(1) }));
      clock.time -= 500;
      await first.transaction((unit) => unit.update(Party, id(1), { name: "b" }));
      await first.transaction((unit) => unit.create(Party, { name: "c" }, { techId: id(2) }));
      clock.time -= 1_000;
      const store = await opened.reopen!();
      const again = entitiesOf(store, { clock, siteId: "s" });
      await again.transaction((unit) => unit.create(Party, { name: "d" }));
      await again.transaction((unit) => unit.update(Party, id(1), { name: "e" }));
      // Two that write at once to one database count on from each other.
      await first.transaction((unit) => unit.update(Party, id(2), { name: "f" }));
      await again.transaction((unit) => unit.remove(Party, id(2)));
      clock.time += 10_000;
      await again.transaction((unit) => unit.create(Party, { name: "g" }));
      const versions = (await logged(store)).map(({ version }) => version);
      expect(versions.map(({ timeMs, counter }) => [timeMs, counter])).toEqual([
        ...[0, 1, 2, 3, 4, 5, 6].map((counter) => [1_000_000, counter]),
        [1_008_500, 0],
      ]);
      const updateTimes = (await logged(store)).map(({ updateTime }) => updateTime.getTime());
      expect(updateTimes.slice(0, 4)).toEqual([1_000_000, 999_500, 999_500, 998_500]);
    } finally {
      await opened.cleanup();
    }
  });
});

describe("versions in a row", () => {
  const version = fc.record({
    timeMs: fc.nat({ max: 3 }),
    counter: fc.nat({ max: 2 }),
    site: fc.constantFrom("", 'ü",', "oslo.2"),
  });
  const partId = fc.constantFrom("p", "q");
  const node = (depth: number): fc.Arbitrary<ObjectNode> =>
    fc
      .record({ version, fields: fc.dictionary(fc.constantFrom("a", "b"), fieldOf(depth), { maxKeys: 2 }) })
      .map(({ version: own, fields }) => objectNode(own, new Map(Object.entries(fields))));
  const fieldOf = (depth: number): fc.Arbitrary<FieldNode> =>
    depth === 0
      ? version.map((own) => ({ version: own, parts: new Map() }))
      : fc
          .record({
            version,
            parts: fc.uniqueArray(fc.tuple(partId, node(depth - 1), version), { selector: ([one]) => one }),
            deleted: fc.dictionary(fc.constantFrom("d", "e"), version),
          })
          .map(({ version: own, parts, deleted }) =>
            collectionNode(
              own,
              new Map(parts.map(([techId, one, place]) => [techId, { node: one, place: laterOf(place, one.version) }])),
              new Map(Object.entries(deleted)),
            ),
          );

  it("come back from the column as they were, those of parts at any depth too", () => {
    fc.assert(
      fc.property(node(2), (one) => {
        expect(parseVersions(formatVersions(one))).toEqual(one);
      }),
    );
  });

  it("are short where all fields are of one write", () => {
    expect(formatVersions(nodeOf({ timeMs: 5, counter: 1, site: "s" }))).toBe('[5,1,"s"]');
  });

  it("name a field once for each version", () => {
    const at = (timeMs: number): Version => ({ timeMs, counter: 0, site: "s" });
    const field = (timeMs: number): FieldNode => ({ version: at(timeMs), parts: new Map() });
    const one = objectNode(
      at(1),
      new Map([
        ["a", field(2)],
        ["b", field(2)],
        ["c", field(1)],
      ]),
    );
    expect(formatVersions(one)).toBe('[1,0,"s",[2,0,"s","a","b"]]');
  });
});
