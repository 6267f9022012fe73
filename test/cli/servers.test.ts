import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { deltaClass } from "../../src/delta/delta-class.js";
import { string } from "../../src/delta/field-types.js";
import { makeSchema } from "../../src/delta/schema.js";
import { Entities } from "../../src/entities/entities.js";
import { openStore } from "../../src/store/open-store.js";
import { type RunningProgram, runCommand, runHere, startCommand } from "./command.js";

const City = deltaClass("City", { name: string() });
const schema = makeSchema("v1", [City]);
const base = new URL("../../src/", import.meta.url).href;
const module = `
import { deltaClass } from "${base}delta/delta-class.js";
import { string } from "${base}delta/field-types.js";
import { makeSchema } from "${base}delta/schema.js";
export const schema = makeSchema("v1", [deltaClass("City", { name: string() })]);
export const topicsOf = () => ["T"];
`;

let folder: string;
let running: RunningProgram[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "livedist-cli-"));
  running = [];
  writeFileSync(join(folder, "app.mjs"), module);
});

afterEach(() => {
  for (const { child } of running) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

function writeConfig(keys: Readonly<Record<string, string>>, name = "web.config"): string {
  const all = { LiveDistConnectionString: "sqlite:site.db", LiveDistModule: "app.mjs", LiveDistPort: "0", ...keys };
  const adds = Object.entries(all).map(([key, value]) => `<add key="${key}" value="${value}"/>`);
  const file = join(folder, name);
  writeFileSync(file, `<configuration><appSettings>\n${adds.join("\n")}\n</appSettings></configuration>`);
  return file;
}

function start(...args: string[]): RunningProgram {
  const program = startCommand(...args);
  running.push(program);
  return program;
}

/** Starts servers; gives their URL. */
async function startServers(): Promise<{ servers: RunningProgram; url: string }> {
  const servers = start("start", "--config", writeConfig({}));
  await servers.says("LiveDist serves");
  return { servers, url: urlOf(servers) };
}

function urlOf(program: RunningProgram): string {
  return /"url":"([^"]+)"/.exec(program.out)![1]!;
}

/** Works on the database that stands in the folder of the configuration. */
async function withEntities(work: (entities: Entities) => Promise<void>): Promise<void> {
  const store = await openStore(`sqlite:${join(folder, "site.db")}`);
  try {
    if ((await store.clients.list()).length === 0) await store.clients.add({ clientId: "livedist-cli", bitNumber: 0 });
    await work(new Entities(store, schema, { topicsOf: () => ["T"] }));
  } finally {
    await store.close();
  }
}

describe("livedist start, status and tail", () => {
  test("start the sites of a tree from their configurations alone, and show their links", async () => {
    const rootKeys = { LiveDistSiteId: "root", LiveDistSons: "son" };
    const root = start("start", "--config", writeConfig(rootKeys));
    await root.says("the site runs");
    const url = urlOf(root);
    const father = { LiveDistFatherServers: url, LiveDistFatherTopicsSlice: "T" };
    const sonKeys = { LiveDistConnectionString: "sqlite:son.db", LiveDistSiteId: "son", ...father };
    const son = start("start", "--config", writeConfig(sonKeys, "son.config"));
    await son.says("the site runs");
    const statuses = async (): Promise<string> =>
      ((await runHere("status", url)).out + (await runHere("status", urlOf(son))).out).replace(/ +/g, " ");
    const isLive = (text: string): boolean => /son son: live/.test(text) && /father father-site: live/.test(text);
    let shown = await statuses();
    while (!isLive(shown)) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      shown = await statuses();
    }
    expect(shown).toMatch(/ link to son son: live, sequence \d+\n/);
    const [rootEnd, sonEnd] = await Promise.all([root.interrupt(), son.interrupt()]);
    expect([rootEnd.exitCode, sonEnd.exitCode]).toEqual([0, 0]);
  });

  test("start a proxy from its configuration alone, without a database", async () => {
    const { url } = await startServers();
    await withEntities(async (entities) => {
      await entities.transaction((unit) => unit.create(City, { name: "Paris" }));
    });
    const proxyKeys = { LiveDistSiteName: "paris", LiveDistClientId: "livedist-cli", LiveDistMotherServers: url };
    const proxy = start(
      "start",
      "--config",
      writeConfig({ ...proxyKeys, LiveDistConnectionString: "" }, "proxy.config"),
    );
    await proxy.says("LiveDist serves");
    const tail = start("tail", urlOf(proxy), "T");
    await tail.says("entities: 1");
    expect((await runHere("status", urlOf(proxy))).out).toMatch(/siteName +paris\n +connectedToCenter +true/);
    expect(await proxy.interrupt()).toMatchObject({ exitCode: 0, err: "" });
    expect(await tail.interrupt()).toMatchObject({ exitCode: 0 });
  });

  test("serve, show what arrives, and end with Ctrl-C", async () => {
    const { servers, url } = await startServers();

    const status = await runCommand("status", url, "--json");
    expect(JSON.parse(status.out)).toMatchObject({ url, delta: { state: "up" }, cache: { state: "up", entities: 0 } });
    expect((await runCommand("status", url)).out).toMatch(/delta server: up[^]*cache server: up/);
    expect((await runCommand("status", url, "--suffix", "2")).err).toMatch(/^livedist: [^\n]*--suffix\n$/);

    const refused = await runCommand("tail", url, "T");
    expect(refused).toMatchObject({ exitCode: 1, out: "" });
    expect(refused.err).toMatch(/^livedist: [^\n]*"livedist-cli"[^\n]*livedist clients add[^\n]*\n$/);

    let techId = "";
    await withEntities(async (entities) => {
      await entities.transaction(async (unit) => {
        ({ techId } = await unit.create(City, { name: "Paris" }));
      });
    });
    const tail = start("tail", url, "T", "--json");
    await tail.says('{"load":');
    await withEntities(async (entities) => {
      await entities.transaction((unit) => unit.update(City, techId, { name: "Lutetia" }));
      await entities.transaction((unit) => unit.remove(City, techId));
    });
    await tail.says('"leaves":true');
    const { exitCode, out } = await tail.interrupt();
    expect(exitCode).toBe(0);
    const lines = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.at(-2)).toMatchObject({ oper: "UPDATE", techId, topics: ["T"], fields: { name: "Lutetia" } });

    const lost = start("tail", url, "T");
    await lost.says("load at sequence");
    expect(await servers.interrupt()).toMatchObject({ exitCode: 0, err: "" });
    await lost.says("the connection is lost");
    expect(await lost.interrupt()).toMatchObject({ exitCode: 0 });
  }, 60_000);

  test("a second server on the same port says so in one line", async () => {
    const { url } = await startServers();
    const { exitCode, err } = await runCommand("start", "--config", writeConfig({ LiveDistPort: new URL(url).port }));
    expect(exitCode).toBe(1);
    expect(err).toMatch(/^livedist: port \d+ of 127\.0\.0\.1 is in use: [^\n]*\n$/);
  });

  test.for([
    { keys: { LiveDistModule: "" }, says: "LiveDistModule is missing" },
    { keys: { LiveDistModule: "nowhere.mjs" }, says: "nowhere.mjs cannot be imported" },
    { keys: { LiveDistModule: "empty.mjs" }, says: "has to export schema" },
    { keys: { LiveDistConnectionString: "" }, says: "LiveDistConnectionString is missing" },
    { keys: { LiveDistPort: "many" }, says: "LiveDistPort" },
  ])("start with $keys says what to do", async ({ keys, says }) => {
    writeFileSync(join(folder, "empty.mjs"), "");
    const { exitCode, err } = await runCommand("start", "--config", writeConfig(keys));
    expect(exitCode).toBe(1);
    expect(err).toMatch(/^livedist: [^\n]*\n$/);
    expect(err).toContain(says);
  });
});

describe("livedist make-schema", () => {
  const classes = `
import { deltaClass } from "${base}delta/delta-class.js";
import { string, parts } from "${base}delta/field-types.js";
export const Phone = deltaClass("Phone", { number: string() });
export const Party = deltaClass("Party", { name: string() });
export const geo = { Person: deltaClass("Person", { phones: parts(Phone) }, { base: Party }) };
`;

  function writeList(...classNames: string[]): string {
    writeFileSync(join(folder, "classes.mjs"), classes);
    const file = join(folder, "classes.xml");
    const elements = classNames.map((name) => `<DeltaClass className="${name},./classes.mjs"/>`);
    writeFileSync(file, `<LiveDist>\n${elements.join("\n")}\n</LiveDist>`);
    return file;
  }

  test("prints the schema, stores it, and refuses another one of that name", async () => {
    const database = `sqlite:${join(folder, "schemas.db")}`;
    const list = writeList("Phone", "Party", "geo.Person");
    const { exitCode, out } = await runCommand("make-schema", list, "--name", "v2", "--database", database);
    expect(exitCode).toBe(0);
    const store = await openStore(database);
    expect((await store.schemas.get("v2"))?.trimEnd()).toBe(out.trimEnd());
    await store.close();
    const changed = await runCommand("make-schema", writeList("Phone"), "--name", "v2", "--database", database);
    expect(changed).toMatchObject({ exitCode: 1, out: "" });
    expect(changed.err).toContain("new name");
  });

  test.for([
    {
      names: ["Phone", "geo.Person", "Party"],
      says: "classes.xml:3: Party, the base class of Person, has to be listed before it",
    },
    { names: ["Party", "geo.Person"], says: "classes.xml:3: Phone, a part of Person" },
    { names: ["Party", "constructor"], says: "classes.xml:3: ./classes.mjs has no constructor" },
    { names: ["Party", "geo.constructor"], says: "classes.xml:3: ./classes.mjs has no geo.constructor" },
    { names: ["geo"], says: "classes.xml:2: geo of ./classes.mjs is no delta-class" },
  ])("tells the line for $names", async ({ names, says }) => {
    const { exitCode, err } = await runCommand("make-schema", writeList(...names), "--name", "v2");
    expect(exitCode).toBe(1);
    expect(err).toMatch(/^livedist: [^\n]*\n$/);
    expect(err).toContain(says);
  });
});
