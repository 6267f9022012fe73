import { describe, expect, it } from "vitest";
import { BATCH_BYTES_MAX } from "../../src/base/limits.js";
import { settle } from "../support/manual-clock.js";
import { codeOfRejection, delta, inShort, OneSite, type Batch, type Client } from "../support/one-site.js";
import { nextBatch } from "../../src/wire/next-batch.js";

const create = (number: number, topic = "A", name = "x") =>
  delta("CREATE", number, { topics: [topic], fields: { name } });

async function client(site: OneSite, sequence = site.sequence, rest: Partial<Client> = {}): Promise<Client> {
  return { position: await site.position(sequence), tracking: "transition", topicsSlice: "A", ...rest };
}

/** Tells whether a promise has settled, and with what. */
function watch(promise: Promise<Batch>): { batch: Batch | undefined } {
  const watched: { batch: Batch | undefined } = { batch: undefined };
  void promise.then((batch) => (watched.batch = batch));
  return watched;
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await settle();
}

describe("waiting for deltas", () => {
  it("ends with the first row for the client", async () => {
    const site = await OneSite.start();
    const waiting = site.fetch(await client(site), 60_000);
    await settled();
    await site.append([create(1, "B")]);
    await site.append([create(2, "A")]);
    const batch = await waiting;
    expect(batch.deltas.map(inShort)).toEqual(["CREATE 2"]);
    expect(batch.head.sequence).toBe(0);
    expect(batch.sequence).toBe(2);
  });

  it("ends after waitMsMax, at a position beyond what was nothing for the client", async () => {
    const site = await OneSite.start();
    const watched = watch(site.fetch(await client(site), 1_000));
    await settled();
    await site.append([create(1, "B")]);
    await site.clock.advance(999);
    expect(watched.batch).toBeUndefined();
    await site.clock.advance(1);
    await settled();
    expect(watched.batch).toMatchObject({ deltas: [], sequence: 1 });
  });

  it("is not begun where waitMsMax is 0", async () => {
    const site = await OneSite.start();
    expect(await site.fetch(await client(site), 0)).toMatchObject({ deltas: [], sequence: 0 });
  });

  it("misses no row, wherever in the answer it enters", async () => {
    const site = await OneSite.start();
    for (let turns = 0; turns < 12; turns++) {
      const waiting = site.fetch(await client(site), 60_000);
      const appended = site.append([create(turns + 1)]);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      expect((await waiting).deltas).toMatchObject([{ id: turns + 1 }]);
      await appended;
    }
  });

  it("wakes everyone once for rows that come together", async () => {
    const site = await OneSite.start();
    const waiting = [site.fetch(await client(site), 60_000), site.fetch(await client(site), 60_000)];
    await settled();
    await Promise.all([site.append([create(1)]), site.append([create(2)]), site.append([create(3)])]);
    for (const batch of await Promise.all(waiting)) expect(batch.deltas[0]).toMatchObject({ id: 1 });
  });

  it("R3: ends with EpochChanged where a new epoch begins", async () => {
    const site = await OneSite.start();
    const waiting = codeOfRejection(site.fetch(await client(site), 60_000));
    await settled();
    await site.store.log.newEpoch();
    await site.clock.advance(10_000);
    expect(await waiting).toBe("EpochChanged");
  });

  it("ends with Closed where the server closes", async () => {
    const site = await OneSite.start();
    const waiting = codeOfRejection(site.fetch(await client(site), 60_000));
    await settled();
    await site.close();
    expect(await waiting).toBe("Closed");
    expect(await codeOfRejection(site.load("A"))).toBe("Closed");
    await site.clock.advance(60_000);
    expect(site.clock.delaysMs).toEqual([]);
    expect(site.logged.errors).toEqual([]);
  });

  it("ends where the caller gives up, and holds nothing then", async () => {
    const site = await OneSite.start();
    const given = new AbortController();
    const waiting = codeOfRejection(site.fetch(await client(site, 0, { signal: given.signal }), 60_000));
    await settled();
    expect(site.service.status("delta")).toMatchObject({ runningRequests: 1 });
    given.abort();
    expect(await waiting).toBe("Closed");
    expect(site.service.status("delta")).toMatchObject({ runningRequests: 0 });
  });
});

describe("a batch", () => {
  const half = "x".repeat(BATCH_BYTES_MAX / 2);

  it("R1: ends before it is larger than BATCH_BYTES_MAX, between two transactions", async () => {
    const site = await OneSite.start();
    await site.append([create(1, "A", "small")]);
    await site.append([create(2, "A", half), create(3, "A", half), create(4, "A", half)]);
    await site.append([create(5, "A", half)]);
    await site.append([create(6, "A", "small")]);
    const batches: string[][] = [];
    for (let sequence = 0; sequence < site.sequence;) {
      const batch = await site.fetch(await client(site, sequence));
      batches.push(batch.deltas.map(inShort));
      sequence = batch.sequence;
    }
    expect(batches).toEqual([["CREATE 1"], ["CREATE 2", "CREATE 3", "CREATE 4"], ["CREATE 5", "CREATE 6"]]);
  });

  it("R1: gives one large transaction in several frames of the same sequence", async () => {
    const site = await OneSite.start();
    await site.append([1, 2, 3, 4, 5, 6].map((number) => create(number, "A", half)));
    const batch = await site.fetch(await client(site, 0));
    expect(batch.deltas.map(({ id, sequence }) => [id, sequence])).toEqual([1, 2, 3, 4, 5, 6].map((one) => [one, 1]));
  });
});

describe("a stream", () => {
  const request = {
    service: "FetchDeltas",
    clientId: "c1",
    tracking: "transition",
    topicsSlice: "A",
    waitMsMax: 1_000,
  } as const;

  it("goes on from batch to batch, and tells its position when it is idle", async () => {
    const site = await OneSite.start();
    const position = await site.position(0);
    const stream = await site.service.openStream({ ...request, position }, new AbortController().signal);
    await site.append([create(1)]);
    expect((await nextBatch(stream)).sequence).toBe(1);
    await site.append([create(2)]);
    expect((await nextBatch(stream)).sequence).toBe(2);
    await site.append([create(3, "B")]);
    const idle = nextBatch(stream);
    await settled();
    await site.clock.advance(1_000);
    expect(await idle).toMatchObject({ sequence: 3, bytes: 0 });
  });

  it("gives up its place where its signal aborts, aborted already or later, and where it fails", async () => {
    const site = await OneSite.start();
    const position = await site.position(0);
    const running = () => site.service.status("delta")["runningRequests"];
    await site.service.openStream({ ...request, position }, AbortSignal.abort());
    expect(running()).toBe(0);
    const later = new AbortController();
    const stream = await site.service.openStream({ ...request, position }, later.signal);
    const next = codeOfRejection(nextBatch(stream));
    expect(running()).toBe(1);
    later.abort();
    expect([await next, running()]).toEqual(["Closed", 0]);
    const patient = { ...request, position, waitMsMax: 60_000 };
    const failing = await site.service.openStream(patient, new AbortController().signal);
    await site.store.log.newEpoch();
    const failed = codeOfRejection(nextBatch(failing));
    await site.clock.advance(10_000);
    expect([await failed, running()]).toEqual(["EpochChanged", 0]);
  });
});
