import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { encodeDeltaBuffer } from "../../src/delta/delta-buffer.js";
import { deltaClass } from "../../src/delta/delta-class.js";
import { string } from "../../src/delta/field-types.js";
import { makeSchema } from "../../src/delta/schema.js";
import { startLiveDist, type LiveDistServer, type StartLiveDistOptions } from "../../src/site/start-live-dist.js";
import type { Store } from "../../src/store/store.js";
import { afterThis, appendBytes, codeOfRejection, delta, newStore, OneSite, schema } from "../support/one-site.js";

const anyPort = { LiveDistPort: "0" };

async function start(options: Partial<StartLiveDistOptions> = {}): Promise<LiveDistServer> {
  const server = await startLiveDist({ config: anyPort, schema, environment: {}, ...options });
  afterThis(() => server.close());
  return server;
}

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "livedist-"));
  afterThis(() => rmSync(folder, { recursive: true }));
  return join(folder, "site.db");
}

/** A store that tells whether it was closed. */
function watched(store: Store): { store: Store; closed: () => boolean } {
  let isClosed = false;
  const close = (): Promise<void> => {
    isClosed = true;
    return store.close();
  };
  return {
    store: new Proxy(store, { get: (target, name) => (name === "close" ? close : bound(target, name)) }),
    closed: () => isClosed,
  };
}

function bound(target: Store, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === "function" ? (value as () => unknown).bind(target) : value;
}

describe("startLiveDist", () => {
  it("serves until it is closed, which may be said twice", async () => {
    const server = await start({ store: await newStore() });
    const path = `${server.url}/LiveDist1/Delta.config`;
    expect((await fetch(path)).status).toBe(200);
    const closing = server.close();
    expect(server.close()).toBe(closing);
    await closing;
    await expect(fetch(path)).rejects.toThrow();
    await server.close();
  });

  it("leaves a store that was passed in open, and wins over the connection string", async () => {
    const { store, closed } = watched(await newStore());
    const server = await start({
      store,
      config: { ...anyPort, LiveDistConnectionString: "sqlite:/does/not/exist.db" },
    });
    await server.close();
    expect(closed()).toBe(false);
    expect(await store.schemas.get("v1")).toBe(schema.text);
    await (await start({ store })).close();
  });

  it("closes the store that it opened itself", async () => {
    const path = newFile();
    const server = await start({ config: { ...anyPort, LiveDistConnectionString: `sqlite:${path}` } });
    await server.close();
    expect(isFree(path)).toBe(true);
  });

  it("refuses with Config what cannot serve", async () => {
    const store = await newStore();
    const refused = async (config: Record<string, string>): Promise<unknown> =>
      codeOfRejection(start({ store, config: { ...anyPort, ...config } }));
    expect(await refused({ LiveDistHost: "0.0.0.0" })).toBe("Config");
    expect(await refused({ LiveDistHost: "::" })).toBe("Config");
    expect(await refused({ LiveDistPort: "x" })).toBe("Config");
    expect(await refused({ LiveDistSiteId: "a", LiveDistSons: "b" })).toBe("Config");
    expect(await codeOfRejection(start({ config: anyPort }))).toBe("Config");
    expect(await codeOfRejection(start({ config: "/does/not/exist.config" }))).toBe("Config");
  });

  it("refuses a schema whose name is taken by another", async () => {
    const store = await newStore();
    await (await start({ store })).close();
    const other = makeSchema("v1", [deltaClass("City", { other: string() })]);
    expect(await codeOfRejection(start({ store, schema: other }))).toBe("Config");
  });

  it("leaves nothing open where the port is taken", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    afterThis(() => void taken.close());
    const LiveDistPort = String((taken.address() as AddressInfo).port);
    const path = newFile();
    const config = { LiveDistPort, LiveDistConnectionString: `sqlite:${path}` };
    expect(await codeOfRejection(start({ config }))).toBe("Config");
    expect(isFree(path)).toBe(true);
    const { store, closed } = watched(await newStore());
    expect(await codeOfRejection(start({ store, config: { LiveDistPort } }))).toBe("Config");
    expect(closed()).toBe(false);
  });

  it("leaves nothing open where the entities cannot be read", async () => {
    const path = newFile();
    const reader = {
      // eslint-disable-next-line require-yield, @typescript-eslint/require-await
      async *readAll(): AsyncGenerator<never> {
        throw new TypeError("no such table");
      },
    };
    const config = { ...anyPort, LiveDistConnectionString: `sqlite:${path}` };
    await expect(startLiveDist({ config, schema, environment: {}, reader })).rejects.toThrow("no such table");
    expect(isFree(path)).toBe(true);
  });
});

/** Tells whether nobody has a database open: only then can it leave the mode in which several may. */
function isFree(path: string): boolean {
  const database = new Database(path, { timeout: 0 });
  try {
    return database.pragma("journal_mode = DELETE", { simple: true }) === "delete";
  } catch {
    return false;
  } finally {
    database.close();
  }
}

describe("filling the cache", () => {
  const rows = [
    [delta("CREATE", 1, { topics: ["A"], fields: { name: "x", size: 1 } }), delta("CREATE", 2, { topics: ["A"] })],
    [delta("UPDATE", 1, { topics: ["A"], fields: { size: 2 } }), delta("DELETE", 2, { topics: ["A"] })],
  ];

  async function storeWithLog(): Promise<Store> {
    const store = await newStore();
    for (const deltas of rows) await appendBytes(store, encodeDeltaBuffer(schema, deltas));
    return store;
  }

  it("makes the entities from the log where there is no reader", async () => {
    const site = await OneSite.start({ store: await storeWithLog() });
    expect(site.sequence).toBe(2);
    const { deltas, head } = await site.load("A");
    expect(deltas).toMatchObject([{ id: 1, fields: { name: "x", size: 2 } }]);
    expect(head).toMatchObject({ sequence: 2, count: 1 });
  });

  it("refuses to make them from a log that was trimmed", async () => {
    const store = await storeWithLog();
    await store.log.trim(1, []);
    expect(await codeOfRejection(OneSite.start({ store }))).toBe("Config");
    await store.log.trim(2, []);
    expect(await codeOfRejection(OneSite.start({ store }))).toBe("Config");
  });

  it("R82: takes entities and position from one snapshot where there is a reader", async () => {
    const store = await storeWithLog();
    const reader = {
      async *readAll() {
        // Committed while the reader reads: neither in the entities nor before the position.
        await appendBytes(
          store,
          encodeDeltaBuffer(schema, [delta("UPDATE", 7, { topics: ["A"], fields: { size: 9 } })]),
        );
        yield [delta("CREATE", 7, { topics: ["A", "#B"], fields: { name: "read", size: 7 } })];
        yield [delta("CREATE", 8, { topics: ["B"] })];
      },
    };
    const site = await OneSite.start({ store, reader });
    expect(site.windowFrom).toBe(2);
    await site.read();
    expect((await site.load("A")).deltas).toMatchObject([{ id: 7, fields: { name: "read", size: 9 } }]);
    const position = await site.position(2);
    const batch = await site.fetch({ position, tracking: "transition", topicsSlice: "A" });
    expect(batch.deltas).toMatchObject([{ oper: "UPDATE", id: 7, sequence: 3 }]);
  });
});
