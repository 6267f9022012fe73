import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deltaClass } from "../../src/delta/delta-class.js";
import { string } from "../../src/delta/field-types.js";
import { compareVersions, type Version } from "../../src/delta/version.js";
import {
  createdVersions,
  deltaVersions,
  formatVersions,
  latestVersion,
  parseVersions,
  updatedVersions,
} from "../../src/entities/entity-versions.js";
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

describe("EntityVersions", () => {
  const names = ["a", "b", "c", "d"];
  const Thing = deltaClass("Thing", Object.fromEntries(names.map((name) => [name, string()])));
  const at = (timeMs: number): Version => ({ timeMs, counter: 0, site: 'ü",' });

  it("say of each field when it was written last, through every write and as text", () => {
    fc.assert(
      fc.property(fc.array(fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 })), (writes) => {
        let versions = createdVersions(at(0));
        const expected = new Map(names.map((name) => [name, 0]));
        for (const [index, fields] of writes.entries()) {
          versions = parseVersions(formatVersions(updatedVersions(versions, Thing, fields, at(index + 1))));
          for (const name of fields) expected.set(name, index + 1);
          expect(latestVersion(versions)).toEqual(at(index + 1));
        }
        const { version, fieldVersions } = deltaVersions(versions, Thing);
        expect(compareVersions(version, at(writes.length))).toBe(0);
        const said = new Map(names.map((name) => [name, version.timeMs]));
        for (const group of fieldVersions) {
          expect(group.version).not.toEqual(version);
          for (const index of group.fields) said.set(names[index]!, group.version.timeMs);
        }
        expect(said).toEqual(expected);
      }),
    );
  });

  it("are short where all fields are of one write", () => {
    expect(formatVersions(createdVersions({ timeMs: 5, counter: 1, site: "s" }))).toBe('[5,1,"s"]');
  });
});
