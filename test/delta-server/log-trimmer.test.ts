import { describe, expect, it } from "vitest";
import { silentLogger } from "../../src/base/logger.js";
import { systemRandom } from "../../src/base/random.js";
import { Cache } from "../../src/cache-server/cache.js";
import { encodeDeltaBuffer } from "../../src/delta/delta-buffer.js";
import { SchemaRegistry } from "../../src/delta/schema-registry.js";
import { DeltaServer } from "../../src/delta-server/delta-server.js";
import { LocalCommands } from "../../src/delta-server/local-commands.js";
import { LogTrimmer } from "../../src/delta-server/log-trimmer.js";
import type { EntityChange, Store } from "../../src/store/store.js";
import { ManualClock } from "../support/manual-clock.js";
import { appendBytes, delta, newStore, schema } from "../support/one-site.js";

/** A delta server that was never started: it has read up to a sequence and no further. */
function readUpTo(lastSequence: number, store: Store, clock: ManualClock): DeltaServer {
  const schemas = new SchemaRegistry(schema, (name) => store.schemas.get(name));
  const bounds = { epoch: "e", firstSequence: 1, lastSequence };
  const cache = new Cache(systemRandom);
  return new DeltaServer({
    ...{ log: store.log, cache, schemas, bounds, clock, logger: silentLogger, pollMs: 1, windowBytesMax: 1 },

    commands: (executor) => new LocalCommands(executor, clock, () => 0),
  });
}

async function append(store: Store, oper: "CREATE" | "REGISTER" | "DELETE", number: number): Promise<void> {
  await appendBytes(store, encodeDeltaBuffer(schema, [delta(oper, number)]));
}

async function kept(store: Store): Promise<EntityChange[]> {
  const changes: EntityChange[] = [];
  for await (const batch of store.log.changes()) changes.push(...batch);
  return changes;
}

describe("LogTrimmer", () => {
  it("R7: trims by age, and keeps of each entity what the log said last", async () => {
    const clock = new ManualClock();
    const store = await newStore(clock);
    await append(store, "CREATE", 1);
    await append(store, "CREATE", 2);
    await append(store, "DELETE", 1);
    await append(store, "REGISTER", 2);
    await appendBytes(store, Uint8Array.of(99));
    await clock.advance(3_600_000);
    await append(store, "CREATE", 3);
    const trimmer = new LogTrimmer(
      readUpTo(6, store, clock),
      store.log,
      { keepMs: 3_600_000, bytesMax: 0 },
      silentLogger,
    );
    await trimmer.trim();
    expect((await store.log.bounds()).firstSequence).toBe(1);
    await clock.advance(1);
    await trimmer.trim();
    expect((await store.log.bounds()).firstSequence).toBe(6);
    expect(await kept(store)).toMatchObject([
      { className: "City", sequence: 3, isDeleted: true },
      { className: "City", sequence: 2, isDeleted: false },
    ]);
  });

  it("trims by size, oldest first", async () => {
    const clock = new ManualClock();
    const store = await newStore(clock);
    for (const number of [1, 2, 3]) await append(store, "CREATE", number);
    const { bytes } = await store.log.size();
    const trimmer = new LogTrimmer(
      readUpTo(3, store, clock),
      store.log,
      { keepMs: 0, bytesMax: bytes - 1 },
      silentLogger,
    );
    await trimmer.trim();
    expect((await store.log.bounds()).firstSequence).toBe(2);
  });

  it("never takes rows that the server has not read", async () => {
    const clock = new ManualClock();
    const store = await newStore(clock);
    for (const number of [1, 2, 3]) await append(store, "CREATE", number);
    await clock.advance(1_000);
    await new LogTrimmer(readUpTo(2, store, clock), store.log, { keepMs: 1, bytesMax: 1 }, silentLogger).trim();
    expect(await store.log.bounds()).toMatchObject({ firstSequence: 3, lastSequence: 3 });
  });

  it("tells the server at once", async () => {
    const clock = new ManualClock();
    const store = await newStore(clock);
    for (const number of [1, 2]) await append(store, "CREATE", number);
    const server = readUpTo(2, store, clock);
    expect(() => server.checkAge(0)).not.toThrow();
    await new LogTrimmer(server, store.log, { keepMs: 0, bytesMax: 1 }, silentLogger).trim();
    expect(() => server.checkAge(0)).toThrow(expect.objectContaining({ code: "SequenceTooOld" }) as Error);
  });
});
