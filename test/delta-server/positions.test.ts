import { describe, expect, it, vi } from "vitest";
import { encodeDeltaBuffer } from "../../src/delta/delta-buffer.js";
import { GroupIndex } from "../../src/delta-server/group-index.js";
import { RegisteredClient } from "../support/registered-client.js";
import { settle } from "../support/manual-clock.js";
import {
  afterThis,
  appendBytes,
  codeOfRejection,
  delta,
  inShort,
  newStore,
  OneSite,
  schema,
  type Client,
} from "../support/one-site.js";

const create = (number: number, ...topics: string[]) =>
  delta("CREATE", number, { topics, fields: { name: `n${number}` } });

async function client(site: OneSite, sequence: number, rest: Partial<Client> = {}): Promise<Client> {
  return { position: await site.position(sequence), tracking: "transition", topicsSlice: "A", ...rest };
}

describe("a position in the window", () => {
  it("R2: is served again and again, by a group that joined later too", async () => {
    const site = await OneSite.start();
    for (const number of [1, 2, 3]) await site.append([create(number, "A")]);
    expect((await site.fetch(await client(site, 2))).deltas.map(inShort)).toEqual(["CREATE 3"]);
    for (let time = 0; time < 2; time++) {
      const batch = await site.fetch(await client(site, 0));
      expect(batch.deltas.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    }
    expect((await site.fetch(await client(site, 1))).deltas.map(({ sequence }) => sequence)).toEqual([2, 3]);
  });

  it("R8: shares one frame between all who are given the same of a row", async () => {
    const site = await OneSite.start();
    await site.append([create(1, "A", "B"), create(2, "A", "B"), create(3, "C")]);
    const [a, b, none, c] = await Promise.all([
      site.fetch(await client(site, 0)),
      site.fetch(await client(site, 0, { topicsSlice: "B", clientId: "c2" })),
      site.fetch(await client(site, 0, { topicsSlice: "B+D", tracking: "none" })),
      site.fetch(await client(site, 0, { topicsSlice: "A+C" })),
    ]);
    expect(a.rows[0]).toBe(b.rows[0]);
    expect(a.rows[0]).toBe(none.rows[0]);
    expect(a.rows[0]).not.toBe(c.rows[0]);
    // A row that enters is shared just as well as one that is looked up.
    await site.append([delta("DELETE", 1, { topics: ["A", "B"] })]);
    const again = [
      await site.fetch(await client(site, 1)),
      await site.fetch(await client(site, 1, { topicsSlice: "B" })),
    ];
    expect(again[0]!.rows[0]).toBe(again[1]!.rows[0]);
    expect(site.service.status("delta")["subscriptionGroups"]).toBe(4);
  });
});

describe("a position older than the window", () => {
  /** Rows 1 to 5 through a window of next to nothing, so that it holds the last row only. */
  async function startSmall(): Promise<OneSite> {
    const site = await OneSite.start({ config: { logInMemoryBytesMax: 1 } });
    await site.append([create(1, "A"), create(2, "A"), create(3, "B"), create(4, "B")]);
    await site.append([delta("UPDATE", 1, { topics: ["B"], fields: { size: 1 } })]);
    await site.append([delta("DELETE", 2, { topics: ["A"] })]);
    await site.append([delta("UPDATE", 3, { topics: ["A"], fields: { size: 3 } })]);
    await site.append([delta("UPDATE", 3, { topics: ["A"], fields: { name: "now" } }), create(5, "C")]);
    expect(site.windowFrom).toBe(4);
    return site;
  }

  it("R11: gives in transition mode what changed, in full or as leaving", async () => {
    const site = await startSmall();
    const batch = await site.fetch(await client(site, 1));
    expect(batch.deltas.map(inShort).sort()).toEqual([
      "CREATE 5 leaves",
      "DELETE 2 leaves",
      "FULL 3",
      "UPDATE 1 leaves",
    ]);
    expect(batch.deltas.find(({ id }) => id === 3)!.fields).toEqual({ name: "now", size: 3 });
    expect(batch.deltas.every(({ sequence }) => sequence === 5)).toBe(true);
    expect(batch.sequence).toBe(5);
  });

  it("R11: gives in mode none the rows themselves, read from the database", async () => {
    const site = await startSmall();
    const got: string[] = [];
    for (let sequence = 0; sequence < site.sequence;) {
      const batch = await site.fetch(await client(site, sequence, { tracking: "none", topicsSlice: "A+B" }));
      got.push(...batch.deltas.map((one) => `${one.sequence} ${inShort(one)}`));
      expect(batch.sequence).toBeGreaterThan(sequence);
      sequence = batch.sequence;
    }
    const creates = [1, 2, 3, 4].map((number) => `1 CREATE ${number}`);
    expect(got).toEqual([...creates, "2 UPDATE 1", "4 UPDATE 3", "5 UPDATE 3"]);
  });

  it("R11: is the start of a server that was restarted, too", async () => {
    const store = await newStore();
    const before = await OneSite.start({ store });
    await before.append([create(1, "A"), create(2, "A")]);
    await before.append([delta("DELETE", 2, { topics: ["A"] })]);
    await before.close();
    const site = await OneSite.start({ store });
    expect((await site.fetch(await client(site, 0))).deltas.map(inShort)).toEqual(["FULL 1", "DELETE 2 leaves"]);
    expect((await site.fetch(await client(site, 1))).deltas.map(inShort)).toEqual(["DELETE 2 leaves"]);
    expect((await site.fetch(await client(site, 2))).deltas).toEqual([]);
  });

  it("is no matter for a client for whom nothing has left the window since", async () => {
    const site = await OneSite.start({ config: { logInMemoryBytesMax: 1 } });
    await site.append([create(1, "A")]);
    const waiting = site.fetch(await client(site, 1), 1_000);
    await settle();
    for (let number = 2; number < 6; number++) await site.append([create(number, "B")]);
    await site.append([delta("UPDATE", 1, { topics: ["A"], fields: { size: 1 } })]);
    // Were it resumed, it would be given the entities of B as leaving.
    const batch = await waiting;
    expect(batch.deltas.map(inShort)).toEqual(["UPDATE 1"]);
    expect(batch.sequence).toBe(6);
  });

  it("gives none of a row that the server has not read yet, and so nothing twice", async () => {
    const site = await OneSite.start({ config: { logInMemoryBytesMax: 1 } });
    for (const number of [1, 2, 3]) await site.append([create(number, "A")]);
    // Committed, but nobody has told the server.
    await appendBytes(site.store, encodeDeltaBuffer(schema, [create(4, "A")]));
    const got: number[] = [];
    let sequence = 0;
    while (sequence < 3) {
      const batch = await site.fetch(await client(site, sequence, { tracking: "none" }));
      got.push(...batch.deltas.map(({ id }) => id));
      sequence = batch.sequence;
    }
    expect([got, sequence]).toEqual([[1, 2, 3], 3]);
    await site.read();
    expect((await site.fetch(await client(site, 3, { tracking: "none" }))).deltas.map(({ id }) => id)).toEqual([4]);
  });
});

describe("a position that cannot be served", () => {
  it("R5: is too old where the log was trimmed, also while the server does not know of it yet", async () => {
    const site = await OneSite.start({ config: { logInMemoryBytesMax: 1 } });
    for (const number of [1, 2, 3, 4]) await site.append([create(number, "A")]);
    await site.store.log.trim(2, []);
    for (const tracking of ["transition", "none"] as const) {
      expect(await codeOfRejection(site.fetch(await client(site, 1, { tracking })))).toBe("SequenceTooOld");
      expect((await site.fetch(await client(site, 2, { tracking }))).deltas.map(({ id }) => id)).toContain(3);
    }
  });

  it("R5: is too old after a restart with a trimmed log", async () => {
    const store = await newStore();
    const before = await OneSite.start({ store });
    for (const number of [1, 2]) await before.append([create(number, "A")]);
    await before.close();
    await store.log.trim(2, []);
    const site = await OneSite.start({ store, reader: { async *readAll() {} } });
    expect(await codeOfRejection(site.fetch(await client(site, 1)))).toBe("SequenceTooOld");
    expect((await site.fetch(await client(site, 2))).sequence).toBe(2);
  });

  it("R3, R32: is of another epoch", async () => {
    const site = await OneSite.start();
    await site.append([create(1, "A")]);
    const position = { epoch: "another", sequence: 1 };
    const request = { ...(await client(site, 1)), position };
    expect(await codeOfRejection(site.fetch(request))).toBe("EpochChanged");
    const skip = { service: "SkipLoad", clientId: "c1", tracking: "transition", topicsSlice: "A" } as const;
    expect(await codeOfRejection(site.service.skipLoad({ ...skip, position }))).toBe("EpochChanged");
    expect(await site.service.skipLoad({ ...skip, position: await site.position(1) })).toEqual(await site.position(1));
  });

  it("R4: is of the future: the operator hears of it", async () => {
    const site = await OneSite.start();
    await site.append([create(1, "A")]);
    expect(await codeOfRejection(site.fetch(await client(site, 2)))).toBe("FutureSequence");
    expect(site.logged.errors).toEqual([expect.stringContaining("from the future")]);
  });

  it("R4: is not of the future where the row is committed and not read yet", async () => {
    const site = await OneSite.start();
    await appendBytes(site.store, encodeDeltaBuffer(schema, [create(1, "A")]));
    expect((await site.fetch(await client(site, 1))).sequence).toBe(1);
    expect(site.logged.errors).toEqual([]);
  });

  it("R3: is of the new epoch at once, before the server has looked", async () => {
    const site = await OneSite.start();
    await site.append([create(1, "A")]);
    const old = await client(site, 1);
    await site.store.log.newEpoch();
    expect((await site.fetch(await client(site, 1))).sequence).toBe(1);
    expect(await codeOfRejection(site.fetch(old))).toBe("EpochChanged");
  });
});

describe("trimming while a client waits", () => {
  it("ends nothing that memory can serve", async () => {
    const site = await OneSite.start({ config: { logInMemoryBytesMax: 1 } });
    for (const number of [1, 2, 3]) await site.append([create(number, "B")]);
    const waiting = site.fetch(await client(site, 3), 60_000);
    await settle();
    for (const number of [4, 5, 6]) await site.append([create(number, "B")]);
    await site.store.log.trim(6, []);
    await site.clock.advance(20_000);
    await site.append([create(7, "A")]);
    expect((await waiting).deltas.map(inShort)).toEqual(["CREATE 7"]);
  });
});

describe("a row that could not be decided on", () => {
  it("is not left out by anyone: who has no registration loads again, and the rows behind it are given", async () => {
    const site = await OneSite.start();
    await site.append([create(1, "A")]);
    const registered = await new RegisteredClient(site, "c2").begin();
    await registered.fullLoad("A");
    const before = await client(site, site.sequence);
    const stream = await site.service.openStream(
      { service: "FetchDeltas", clientId: "c1", ...before, waitMsMax: 60_000 },
      new AbortController().signal,
    );
    const fault = vi.spyOn(GroupIndex.prototype, "decide").mockImplementation(() => {
      throw new TypeError("a fault of the server's own");
    });
    afterThis(() => {
      fault.mockRestore();
    });
    const broken = await site.append([create(2, "A"), create(3, "A")]);
    fault.mockRestore();
    await site.append([create(4, "A")]);
    expect(() => stream.take()).toThrow(expect.objectContaining({ code: "SequenceTooOld" }));
    expect(await codeOfRejection(site.fetch(before))).toBe("SequenceTooOld");
    expect(site.logged.errors).toEqual([expect.stringContaining("without registration")]);
    // The other half has missed nothing, and who stands behind the row neither.
    expect((await registered.fetch()).deltas.map(inShort)).toEqual(["CREATE 2", "CREATE 3", "CREATE 4"]);
    expect((await site.fetch(await client(site, broken))).deltas.map(inShort)).toEqual(["CREATE 4"]);
    expect((await site.load("A")).deltas).toHaveLength(4);
  });
});
