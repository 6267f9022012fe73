import { describe, expect, it } from "vitest";
import {
  addNotes,
  append,
  appendNumbers,
  createNotes,
  expectCode,
  gate,
  noteIds,
  type OpenStore,
  readLog,
  setUp,
} from "./contract-setup.js";

export function holdEndContract(open: OpenStore): void {
  describe("holding the end of the log", () => {
    const setup = setUp(open);
    const hold = (): Promise<number> => setup.store.transaction((transaction) => setup.store.log.holdEnd(transaction));
    const numbersAfter = async (sequence: number): Promise<(readonly [number, number])[]> =>
      (await readLog(setup.store, sequence)).map((row) => [row.sequence, row.deltaBuffer[0]!]);

    it("R84: gives the last sequence-number, and numbers what the transaction appends directly behind it", async () => {
      const { store } = setup;
      await appendNumbers(store, 1, 2);
      const { lastSequence } = await store.log.bounds();
      const [held, mayGoOn] = [gate(), gate()];
      let end: number | undefined;
      const holding = store.transaction(async (transaction) => {
        end = await store.log.holdEnd(transaction);
        held.open();
        await mayGoOn.passed;
        await Promise.all([3, 4].map((number) => store.log.append(transaction, Uint8Array.of(number))));
      });
      await held.passed;
      expect(end).toBe(lastSequence);
      const other = append(store, Uint8Array.of(9));
      const numbering: Promise<unknown>[] = [];
      if (store.dialect !== "sqlite") {
        // Where rows are numbered after their commit it commits meanwhile, and waits for its number, as does who asks for it.
        await other;
        numbering.push(readLog(store));
        // So long that it would have its number, if it could.
        for (let times = 0; times < 20; times++) await store.links.get("peer");
      }
      mayGoOn.open();
      await Promise.all([holding, other, ...numbering]);
      expect(await numbersAfter(lastSequence)).toEqual([
        [lastSequence + 1, 3],
        [lastSequence + 2, 4],
        [lastSequence + 3, 9],
      ]);
      const { rows, bytes } = await store.log.size();
      expect([rows, bytes]).toEqual([5, 5]);
      expect(await hold()).toBe(lastSequence + 3);
    });

    it("numbers first what was committed and has no number yet", async () => {
      const { store } = setup;
      // Nobody has asked for the log since.
      await appendNumbers(store, 1, 2, 3);
      const end = await store.transaction(async (transaction) => {
        const sequence = await store.log.holdEnd(transaction);
        await store.log.append(transaction, Uint8Array.of(4));
        return sequence;
      });
      expect(end).toBe(3);
      expect((await numbersAfter(0)).map(([, number]) => number)).toEqual([1, 2, 3, 4]);
    });

    it("keeps neither rows nor numbers of a transaction that is rolled back", async () => {
      const { store } = setup;
      await appendNumbers(store, 1);
      const rolledBack = store.transaction(async (transaction) => {
        await store.log.holdEnd(transaction);
        await store.log.append(transaction, Uint8Array.of(2));
        throw new TypeError("no");
      });
      await expect(rolledBack).rejects.toThrow("no");
      await appendNumbers(store, 3);
      expect(await numbersAfter(0)).toEqual([
        [1, 1],
        [2, 3],
      ]);
    });

    it("R84: gives each number once where several hold the end, number and trim at the same time", async () => {
      const { store } = setup;
      await createNotes(store);
      const holding = [1, 2, 3].map((number) =>
        store.transaction(async (transaction) => {
          const end = await store.log.holdEnd(transaction);
          await addNotes(transaction, number);
          await store.log.append(transaction, Uint8Array.of(number));
          return { end, number };
        }),
      );
      const appending = [11, 12, 13].map((number) => appendNumbers(store, number));
      const trimming = readLog(store).then(() => store.log.trim(0, []));
      const held = await Promise.all(holding);
      await Promise.all([...appending, trimming]);
      const numbers = await numbersAfter(0);
      expect(numbers.map(([sequence]) => sequence)).toEqual([1, 2, 3, 4, 5, 6]);
      for (const { end, number } of held) expect(numbers[end]).toEqual([end + 1, number]);
      expect(await noteIds(store)).toEqual([1, 2, 3]);
    });

    it("gives the last sequence-number also where the log was trimmed, or nothing was ever in it", async () => {
      const { store } = setup;
      expect(await hold()).toBe(0);
      await appendNumbers(store, 1, 2);
      const { lastSequence } = await store.log.bounds();
      await store.log.trim(lastSequence, []);
      expect(await hold()).toBe(lastSequence);
    });

    it("rejects where the transaction has ended, or has appended a row that gets its number after its commit", async ({
      skip,
    }) => {
      const { store } = setup;
      const ended = await store.transaction((transaction) => Promise.resolve({ transaction }));
      await expectCode(store.log.holdEnd(ended.transaction), "Store");
      if (store.dialect === "sqlite") skip("rows have their numbers from their append on");
      const late = store.transaction(async (transaction) => {
        await store.log.append(transaction, Uint8Array.of(1));
        return store.log.holdEnd(transaction);
      });
      await expectCode(late, "Store", /before/);
    });
  });
}
