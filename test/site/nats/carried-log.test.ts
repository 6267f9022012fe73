import { describe, expect, it } from "vitest";
import { CARRIED_LOG_LOOK_MS } from "../../../src/base/limits.js";
import { CarriedLog } from "../../../src/site/nats/carried-log.js";
import type { CarriedRow } from "../../../src/site/nats/row-carrier.js";
import { openStore } from "../../../src/store/open-store.js";
import type { StoreLog } from "../../../src/store/store.js";
import { afterThis, appendBytes } from "../../support/one-site.js";
import { ManualClock } from "../../support/manual-clock.js";

const LIMITS = { rowsMax: 100, bytesMax: 1_000_000 };

/** A real log, what a follower reads of it, and how often it looks there. */
async function setUp() {
  const store = await openStore("sqlite::memory:");
  afterThis(() => store.close());
  const { epoch } = await store.log.bounds();
  const clock = new ManualClock();
  const sent: CarriedRow[] = [];
  const asked: number[] = [];
  const now: { leads: boolean; tell: (row: CarriedRow | undefined) => void } = { leads: false, tell: () => undefined };
  const log = new Proxy(store.log, {
    get(target, name: keyof StoreLog) {
      if (name === "read")
        return (...[after, limits]: Parameters<StoreLog["read"]>) => {
          asked.push(after);
          return target.read(after, limits);
        };
      return target[name].bind(target);
    },
  });
  const carrier = {
    send: (row: CarriedRow) => void sent.push(row),
    onRow: (listener: (row: CarriedRow | undefined) => void) => void (now.tell = listener),
    close: () => Promise.resolve(),
  };
  const carried = new CarriedLog({ log, carrier, epoch, leads: () => now.leads, clock });
  const write = (count: number): Promise<void> => appendBytes(store, Uint8Array.of(count));
  const row = (sequence: number, ofEpoch = epoch): CarriedRow => ({
    epoch: ofEpoch,
    sequence,
    deltaBuffer: Uint8Array.of(sequence),
  });
  const read = async (after: number, isExact = false): Promise<number[]> =>
    (await carried.read(after, LIMITS, isExact)).map(({ deltaBuffer }) => deltaBuffer[0]!);
  return { now, sent, asked, clock, write, row, read };
}

describe("CarriedLog", () => {
  it("R92: takes rows that follow one another without a look at the database", async () => {
    const { now, asked, write, row, read } = await setUp();
    expect(await read(0)).toEqual([]);
    for (const count of [1, 2, 3]) await write(count);
    for (const count of [1, 2, 3]) now.tell(row(count));
    expect(await read(0)).toEqual([1, 2, 3]);
    expect(await read(3)).toEqual([]);
    expect(asked).toEqual([0]);
  });

  it("R92: reads the database where a number is missing, and where it is asked exactly or for long was not", async () => {
    const { now, asked, clock, write, row, read } = await setUp();
    await read(0);
    for (const count of [1, 2, 3]) await write(count);
    now.tell(row(3));
    expect(await read(0)).toEqual([1, 2, 3]);
    expect(await read(3)).toEqual([]);
    await write(4);
    expect(await read(3)).toEqual([]);
    expect(await read(3, true)).toEqual([4]);
    expect(await read(4)).toEqual([]);
    await write(5);
    clock.pass(CARRIED_LOG_LOOK_MS);
    expect(await read(4)).toEqual([5]);
    expect(asked).toEqual([0, 0, 3, 3, 4, 4]);
  });

  it("R92: reads the database after a break, another epoch, or a row that was too large", async () => {
    const { now, write, row, read, sent } = await setUp();
    const doubts: (CarriedRow | undefined)[] = [undefined, row(1, "other"), { ...row(1), deltaBuffer: undefined }];
    for (const [at, doubt] of doubts.entries()) {
      expect(await read(at)).toEqual([]);
      await write(at + 1);
      now.tell(doubt);
      expect(await read(at)).toEqual([at + 1]);
    }
    expect(sent).toEqual([]);
  });

  it("R92: is read in the database by the server that leads, which sends each row once", async () => {
    const { now, write, row, read, sent } = await setUp();
    now.leads = true;
    await write(1);
    now.tell(row(9));
    expect(await read(0)).toEqual([1]);
    await write(2);
    expect(await read(1)).toEqual([2]);
    expect(sent.map(({ sequence }) => sequence)).toEqual([1, 2]);
  });
});
