import { describe, expect, it } from "vitest";
import { SnapshotColumn, type ColumnSnapshot } from "../../src/cache-server/snapshot-column.js";
import { Dice } from "../support/dice.js";

const LENGTH = 40_000;

function read(snapshot: ColumnSnapshot): number[] {
  return Array.from({ length: LENGTH }, (_, index) => snapshot.pageOf(index)[snapshot.indexInPage(index)]!);
}

describe("SnapshotColumn", () => {
  it("keeps what each snapshot showed, whatever is set later", () => {
    const dice = new Dice(1);
    const column = new SnapshotColumn();
    column.reserve(LENGTH);
    const model = new Int32Array(LENGTH);
    const taken: { snapshot: ColumnSnapshot; copy: Int32Array }[] = [];
    for (let step = 0; step < 20_000; step++) {
      if (step % 4_000 === 0) taken.push({ snapshot: column.snapshot(), copy: model.slice() });
      const index = dice.between(0, LENGTH - 1);
      column.set(index, step);
      model[index] = step;
    }
    for (const { snapshot, copy } of taken) expect(read(snapshot)).toEqual([...copy]);
    expect(read(column.snapshot())).toEqual([...model]);
  });

  it("copies a page once for a snapshot, and none that nobody writes to", () => {
    const column = new SnapshotColumn();
    column.reserve(LENGTH);
    const snapshot = column.snapshot();
    column.set(0, 1);
    const after = column.snapshot();
    expect(after.pageOf(0)).not.toBe(snapshot.pageOf(0));
    expect(after.pageOf(LENGTH - 1)).toBe(snapshot.pageOf(LENGTH - 1));
  });
});
