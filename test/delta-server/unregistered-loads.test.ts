import { describe, expect, it } from "vitest";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import type { Position, Tracking } from "../../src/wire/requests.js";
import {
  codeOfRejection,
  delta,
  framesOf,
  type Given,
  inShort,
  type Load,
  loadOf,
  OneSite,
} from "../support/one-site.js";
import { techIdsOf } from "../support/registered-client.js";
import type { AnswerPiece } from "../../src/wire/live-dist-service.js";

const create = (number: number, ...topics: string[]): DeltaObject =>
  delta("CREATE", number, { topics, fields: { name: "n" } });
const update = (number: number, ...topics: string[]): DeltaObject =>
  delta("UPDATE", number, { topics, fields: { size: 1 } });

const shorts = (deltas: readonly Given[]): string[] => deltas.map(inShort).sort();
const { signal } = new AbortController();

async function siteWith(...deltas: DeltaObject[]): Promise<OneSite> {
  const site = await OneSite.start();
  await site.append(deltas);
  return site;
}

async function read(answer: AsyncIterable<AnswerPiece>): Promise<Load> {
  const pieces: Uint8Array[] = [];
  for await (const piece of answer) pieces.push(...piece);
  return loadOf(pieces);
}

async function partialLoad(
  site: OneSite,
  tracking: Tracking,
  position: Position,
  [topicsSlice, newTopicsSlice]: readonly [string, string] = ["A", "B"],
): Promise<Load> {
  const request = { service: "PartialLoad", clientId: "c1", tracking, topicsSlice, newTopicsSlice } as const;
  return read(await site.service.partialLoad({ ...request, position }, signal));
}

async function syncLoad(site: OneSite, rest: { position?: Position; techIds?: Uint8Array } = {}): Promise<Load> {
  const request = { service: "SyncLoad", clientId: "c1", tracking: "transition", topicsSlice: "A" } as const;
  return read(await site.service.syncLoad({ ...request, ...rest }, signal));
}

async function selectMinus(site: OneSite, oldTopicsSlice: string, newTopicsSlice: string): Promise<Load> {
  const request = { service: "SelectMinus", clientId: "c1", oldTopicsSlice, newTopicsSlice } as const;
  return read(await site.service.selectMinus(request, signal));
}

describe("PartialLoad without registration", () => {
  it("R28: brings what is owed, then what the new slice selects and the one before does not", async () => {
    for (const [tracking, owed] of [
      ["transition", ["FULL 2", "UPDATE 1 leaves"]],
      ["none", ["UPDATE 2"]],
    ] as const) {
      const site = await siteWith(create(1, "A"), create(2, "B"), create(3, "A", "B"), create(4, "B"));
      const position = await site.position();
      const sequence = await site.append([update(1, "X"), update(2, "A", "B")]);
      const load = await partialLoad(site, tracking, position);
      const isOwed = (one: Given): boolean => one.sequence > 0;
      expect(shorts(load.deltas.filter(isOwed))).toEqual(owed);
      expect(shorts(load.deltas.filter((one) => !isOwed(one)))).toEqual(["CREATE 4"]);
      expect(load.head).toMatchObject({ sequence, count: 1 });
      expect(load.head.stamp).toBeUndefined();
    }
  });

  it("R28: brings what may have stood outside of the time-windows before", async () => {
    const site = await siteWith(create(1, "A"), create(2, "A", "B"));
    const load = await partialLoad(site, "transition", await site.position(), ["A*TimeWindow1+B", "A"]);
    expect(shorts(load.deltas)).toEqual(["CREATE 1"]);
  });

  it("R3: goes on from no position of another epoch", async () => {
    const site = await siteWith(create(1, "A"));
    const position = { epoch: "another", sequence: 1 };
    expect(await codeOfRejection(partialLoad(site, "transition", position))).toBe("EpochChanged");
  });
});

describe("SyncLoad without registration", () => {
  it("R29: brings what is selected and has changed behind the position", async () => {
    const site = await siteWith(create(1, "A"), create(2, "A"), create(3, "A"));
    const position = await site.position();
    await site.append([update(1, "A"), update(2, "X"), create(4, "A"), create(5, "B")]);
    expect(shorts((await syncLoad(site, { position })).deltas)).toEqual(["CREATE 1", "CREATE 4"]);
  });

  it("R29: takes no REGISTER for a change, also after a restart", async () => {
    const site = await siteWith(create(1, "A"), create(2, "A"));
    const position = await site.position();
    await site.append([delta("REGISTER", 1, { topics: ["A"] }), update(2, "A")]);
    await site.close();
    const again = await OneSite.start({ store: site.store });
    expect(shorts((await syncLoad(again, { position })).deltas)).toEqual(["CREATE 2"]);
  });

  it("R3, R29: brings everything where it has no position of this epoch", async () => {
    const site = await siteWith(create(1, "A"), create(2, "B"));
    expect(shorts((await syncLoad(site)).deltas)).toEqual(["CREATE 1"]);
    expect(shorts((await syncLoad(site, { position: { epoch: "another", sequence: 9 } })).deltas)).toEqual([
      "CREATE 1",
    ]);
  });

  it("R4: is refused from the future, which the operator hears", async () => {
    const site = await siteWith(create(1, "A"));
    const position = await site.position(99);
    expect(await codeOfRejection(syncLoad(site, { position }))).toBe("FutureSequence");
    expect(site.logged.errors).toEqual([expect.stringContaining("from the future")]);
  });

  it("R30: says which of the tech-ids named are not held", async () => {
    const site = await siteWith(create(1, "A"), create(2, "A"));
    const request = { service: "SyncLoad", clientId: "c1", tracking: "transition", topicsSlice: "A" } as const;
    const answer = await site.service.syncLoad({ ...request, techIds: techIdsOf([1, 9]) }, signal);
    const pieces: Uint8Array[] = [];
    for await (const piece of answer) pieces.push(...piece);
    const gone = framesOf(pieces).flatMap((frame) => (frame.kind === "GONE" ? [frame.techIds] : []));
    expect(gone).toEqual([techIdsOf([9])]);
  });
});

describe("SelectMinus", () => {
  it("R34: names what the one slice selects and the other does not", async () => {
    const site = await siteWith(create(1, "A"), create(2, "A", "B"), create(3, "B"), create(4, "A", "V"));
    const { deltas, head } = await selectMinus(site, "A", "B");
    expect([shorts(deltas), head.count]).toEqual([["DELETE 1", "DELETE 4"], 2]);
    expect(deltas.every(({ fields }) => Object.keys(fields).length === 0)).toBe(true);
    expect(shorts((await selectMinus(site, "A", "A*!V")).deltas)).toEqual(["DELETE 4"]);
    expect((await selectMinus(site, "A*!V", "A")).deltas).toEqual([]);
  });

  it("R34: takes the time-windows of both as true", async () => {
    const site = await siteWith(create(1, "A"), create(2, "A", "B"));
    await site.clock.advance(60_000);
    expect(shorts((await selectMinus(site, "A*TimeWindow1", "B")).deltas)).toEqual(["DELETE 1"]);
    expect((await selectMinus(site, "A", "A*TimeWindow1")).deltas).toEqual([]);
  });
});
