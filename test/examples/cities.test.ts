import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkCopy } from "../../examples/cities/check.js";
import { City, schema, topicsOf } from "../../examples/cities/city.js";
import { Entities, type Entity, openStore, type Store } from "livedist";
import { RunningProgram } from "../cli/command.js";

const main = fileURLToPath(new URL("../../examples/cities/main.ts", import.meta.url));
const run = (...args: string[]) => new RunningProgram(main, args);
const leftFolders = () => readdirSync(tmpdir()).filter((name) => name.startsWith("livedist-cities-"));

describe("the cities", () => {
  test("--once stores, serves, edits and finds every copy equal", async () => {
    const { exitCode, out, err } = await run("--once", "--cities", "3000", "--seconds", "2", "--port", "0").outcome();
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
    expect(out).toContain("stored 3,000 cities");
    expect(out.match(/ values: equal$/gm)).toHaveLength(4);
    expect(out).toMatch(/All is equal after [1-9]\d* simulated edits/);
  }, 60_000);

  test("Ctrl-C stops it, and nothing is left behind", async () => {
    const before = leftFolders();
    const example = run("--cities", "3000", "--port", "0");
    await example.says("Second 1");
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

  beforeEach(async () => {
    store = await openStore("sqlite::memory:");
    const entities = new Entities(store, schema, { topicsOf });
    const place = { country: "FR", continent: "EU", place: "PPL", latitude: 1.5, longitude: 2 };
    await entities.transaction(async (unit) => {
      paris = await unit.create(City, { ...place, geoNamesId: 1, name: "Paris", population: 2_000_000 });
      lyon = await unit.create(City, { ...place, geoNamesId: 2, name: "Lyon", population: 500_000 });
    });
  });

  afterEach(() => store.close());

  function check(...held: Entity[]) {
    const copy = new Map(held.map((entity) => [entity.techId, entity]));
    const { get, keys } = { get: (techId: string) => copy.get(techId), keys: () => copy.keys() };
    return store.snapshot((snapshot) => checkCopy(snapshot, "country-FR", { get, techIds: keys }));
  }

  test("finds an exact copy equal", async () => {
    expect(await check(paris, lyon)).toEqual({ selected: 2, values: 20, differences: [] });
  });

  test("finds what is missing, and what is too much", async () => {
    expect((await check(paris)).differences).toEqual(["Lyon is selected, and is missing in the copy"]);
    const rome = { ...lyon, techId: "00000000-0000-0000-0000-000000000001", fields: { ...lyon.fields, name: "Rome" } };
    expect((await check(paris, lyon, rome)).differences).toEqual(["Rome is in the copy, and is not selected"]);
  });

  test("finds a single value that differs", async () => {
    const differing = [
      { ...lyon, fields: { ...lyon.fields, population: 500_001 } },
      { ...lyon, fields: { ...lyon.fields, latitude: null } },
      { ...lyon, topics: lyon.topics.slice(1) },
      { ...lyon, updateTime: new Date(0) },
    ];
    for (const other of differing) expect((await check(paris, other)).differences).toHaveLength(1);
  });
});
