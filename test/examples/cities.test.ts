import Database from "better-sqlite3";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkCopy } from "../../examples/cities/check.js";
import { City, schema, topicsOf } from "../../examples/cities/city.js";
import { Entities, type Entity, openStore, type Store } from "livedist";
import { RunningProgram } from "../cli/command.js";

const main = fileURLToPath(new URL("../../examples/cities/main.ts", import.meta.url));
const run = (...args: string[]) => new RunningProgram(main, args);
const leftFolders = () => readdirSync(tmpdir()).filter((name) => name.startsWith("livedist-cities-"));

/** Of 3,000 cities 104 are in France, 77 in Great Britain and 11 in Portugal. */
function expectRegistrationShown(out: string): void {
  expect(out.match(/is told: .*$/gm)).toEqual([
    "is told: Marseille (FR) left",
    'is told: Marseille (MC) changed: {"country":"MC"}',
    'is told: Marseille (MC) changed: {"population":795811}',
  ]);
  expect(out).toMatch(/came with a partial load +11 cities, [\d.]+ kB$/m);
  expect(out).toMatch(/a full load would take +114 cities, [\d.]+ kB$/m);
  expect(out).toMatch(/stayed +104 cities, not loaded again$/m);
  expect(out).toMatch(/left +77 cities, dropped, and 77 unregistered/);
  expect(out).toMatch(/were edited meanwhile +[1-9]\d* cities, and all these edits have arrived$/m);
  expect(out).toMatch(/the registered edge .* and 1 that moved out of the slice, .*: equal$/m);
}

describe("the cities", () => {
  test("--once stores, serves, edits and finds every copy equal", async () => {
    const { exitCode, out, err } = await run("--once", "--cities", "3000", "--seconds", "2", "--port", "0").outcome();
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
    expect(out).toContain("stored 3,000 cities");
    expect(out.match(/ values: equal$/gm)).toHaveLength(8);
    expect(out).toMatch(/france +below europe +takes country-FR +104 cities/);
    expect(out).toMatch(/CABLE BETWEEN center AND europe IS CUT[^]*The cable is mended/);
    expect(out.match(/^ +\S+ – .* [1-9]\d* changes +[\d.]+ kB, in full [\d.]+ kB$/gm)).toHaveLength(6);
    expect(out).toMatch(/All is equal after [1-9]\d* simulated edits/);
    expectRegistrationShown(out);
  }, 60_000);

  test("--once fails where a site is not as its father", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cities-test-"));
    const file = join(folder, "cities.db");
    const database = `sqlite:${file}`;
    const example = run("--once", "--cities", "1000", "--seconds", "1", "--port", "0", "--database", database);
    await example.says("3. ");
    // Past LiveDist, which therefore distributes nothing of it.
    const cities = new Database(file);
    cities.exec("UPDATE City SET latitude = latitude + 1 WHERE country = 'PT'");
    cities.close();
    const { exitCode, out } = await example.outcome();
    rmSync(folder, { recursive: true });
    expect(exitCode).toBe(1);
    expect(out).toMatch(/europe +as center .* DIFFERENCES$/m);
    expect(out).toMatch(/^ +latitude of /m);
    expect(out).toContain("THERE ARE DIFFERENCES");
  }, 60_000);

  test("Ctrl-C stops it, and nothing is left behind", async () => {
    const before = leftFolders();
    const example = run("--cities", "3000", "--port", "0");
    await example.says("Second 1");
    expect(await example.interrupt()).toMatchObject({ exitCode: 0, err: "" });
    expect(leftFolders()).toEqual(before);
  }, 60_000);

  test("Ctrl-C stops it while the slice changes", async () => {
    const before = leftFolders();
    const example = run("--cities", "1000", "--port", "0");
    await example.says("5. ");
    expect(await example.interrupt()).toMatchObject({ exitCode: 0, err: "" });
    expect(leftFolders()).toEqual(before);
  }, 60_000);

  test("Ctrl-C before the check is no success of --once", async () => {
    const example = run("--once", "--cities", "3000", "--port", "0");
    await example.says("1. ");
    expect((await example.interrupt()).exitCode).toBe(130);
  }, 60_000);

  test("a port in use is told in one line, before anything is stored", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { exitCode, out, err } = await run("--port", String((other.address() as AddressInfo).port)).outcome();
    other.close();
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: "" });
    expect(err).toMatch(/^cities: port \d+ [^\n]*--port[^\n]*\n$/);
  }, 60_000);
});

describe("checkCopy", () => {
  let store: Store;
  let paris: Entity;
  let lyon: Entity;
  let rome: Entity;

  beforeEach(async () => {
    store = await openStore("sqlite::memory:");
    const entities = new Entities(store, schema, { topicsOf });
    const place = { country: "FR", continent: "EU", place: "PPL", latitude: 1.5, longitude: 2 };
    await entities.transaction(async (unit) => {
      rome = await unit.create(City, { ...place, country: "IT", geoNamesId: 3, name: "Rome", population: 2_000_000 });
      paris = await unit.create(City, { ...place, geoNamesId: 1, name: "Paris", population: 2_000_000 });
      lyon = await unit.create(City, { ...place, geoNamesId: 2, name: "Lyon", population: 500_000 });
    });
  });

  afterEach(() => store.close());

  function check(held: Entity[], movedOut: Entity[] = []) {
    const copy = new Map(held.map((entity) => [entity.techId, entity]));
    const { get, keys } = { get: (techId: string) => copy.get(techId), keys: () => copy.keys() };
    return store.snapshot((snapshot) => checkCopy(snapshot, "country-FR", { get, techIds: keys }, techIdsOf(movedOut)));
  }

  test("finds an exact copy equal", async () => {
    expect(await check([paris, lyon])).toEqual({ selected: 2, movedOut: 0, values: 20, differences: [] });
  });

  test("finds what is missing, and what is too much", async () => {
    expect((await check([paris])).differences).toEqual(["Lyon is selected, and is missing in the copy"]);
    expect((await check([paris, lyon, rome])).differences).toEqual(["Rome is in the copy, and is not selected"]);
  });

  test("finds a city that moved out of the slice in the copy of a registered edge, or missing there", async () => {
    expect(await check([paris, lyon, rome], [rome])).toEqual({ selected: 2, movedOut: 1, values: 30, differences: [] });
    expect((await check([paris, lyon], [rome])).differences).toEqual(["Rome was selected, and is missing in the copy"]);
    const stale = { ...rome, fields: { ...rome.fields, population: 0 } };
    expect((await check([paris, lyon, stale], [rome])).differences).toEqual([
      "population of Rome is 2000000 in the table, and 0 in the copy",
    ]);
    const gone = { ...rome, techId: "00000000-0000-0000-0000-000000000001" };
    expect((await check([paris, lyon, gone], [gone])).differences).toEqual([
      "Rome is in the copy, and is not selected",
    ]);
  });

  test("finds a single value that differs", async () => {
    const differing = [
      { ...lyon, fields: { ...lyon.fields, population: 500_001 } },
      { ...lyon, fields: { ...lyon.fields, latitude: null } },
      { ...lyon, topics: lyon.topics.slice(1) },
      { ...lyon, updateTime: new Date(0) },
    ];
    for (const other of differing) expect((await check([paris, other])).differences).toHaveLength(1);
  });
});

const techIdsOf = (entities: readonly Entity[]) => new Set(entities.map(({ techId }) => techId));
