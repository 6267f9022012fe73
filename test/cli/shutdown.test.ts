import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { deltaClass } from "../../src/delta/delta-class.js";
import { string } from "../../src/delta/field-types.js";
import { makeSchema } from "../../src/delta/schema.js";
import { Edge } from "../../src/edge/edge.js";
import { HttpClient } from "../../src/edge/http-client.js";
import { MapCopy } from "../../src/edge/map-copy.js";
import { Replica } from "../../src/edge/replica.js";
import { Entities } from "../../src/entities/entities.js";
import { openStore } from "../../src/store/open-store.js";
import { type RunningProgram, startCommand } from "./command.js";

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
const running: RunningProgram[] = [];

beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "livedist-shutdown-"))));

afterEach(() => {
  for (const { child } of running.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** Finds a port that is free, so that the server is found again under it. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function startServers(config: string): Promise<RunningProgram> {
  const servers = startCommand("start", "--config", config);
  running.push(servers);
  await servers.says("LiveDist serves");
  return servers;
}

/** Waits until something holds; the test's own time-out ends the wait. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe("SIGTERM", () => {
  test("ends the servers in order, and nobody has lost anything when they run again", async () => {
    const port = await freePort();
    writeFileSync(join(folder, "app.mjs"), module);
    const config = join(folder, "web.config");
    const keys = { LiveDistConnectionString: "sqlite:site.db", LiveDistModule: "app.mjs", LiveDistPort: String(port) };
    const adds = Object.entries(keys).map(([key, value]) => `<add key="${key}" value="${value}"/>`);
    writeFileSync(config, `<configuration><appSettings>${adds.join("")}</appSettings></configuration>`);
    const store = await openStore(`sqlite:${join(folder, "site.db")}`);
    const entities = new Entities(store, schema, { topicsOf: () => ["T"] });
    const writer = { isWriting: true };
    let written = 0;
    const writing = (async () => {
      while (writer.isWriting) {
        await entities.transaction((unit) => unit.create(City, { name: String(written) }));
        written++;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    for (const [bitNumber, clientId] of ["c0", "c1"].entries()) await store.clients.add({ clientId, bitNumber });
    const first = await startServers(config);
    const trackings = ["transition", "registration"] as const;
    const copies = trackings.map((tracking, index) => {
      const client = new HttpClient({ clientId: `c${String(index)}`, servers: [`http://127.0.0.1:${port}`] });
      const copy = new MapCopy();
      const replica = new Replica(new Edge(client, { schema, tracking }), { slice: "T", copy });
      return { copy, replica };
    });
    for (const { replica } of copies) await replica.start();
    await until(() => copies.every(({ copy }) => copy.size > 20));
    first.child.kill("SIGTERM");
    const end = await first.outcome();
    expect([end.exitCode, end.err]).toEqual([0, ""]);
    expect(end.out).toContain("LiveDist is closed");
    const atEnd = written;
    await until(() => written > atEnd + 5);
    const second = await startServers(config);
    writer.isWriting = false;
    await writing;
    await until(() => copies.every(({ copy }) => copy.size === written));
    for (const { replica } of copies) await replica.stop();
    second.child.kill("SIGTERM");
    expect((await second.outcome()).exitCode).toBe(0);
    await store.close();
  });
});
