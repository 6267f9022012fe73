import { describe, expect, it } from "vitest";
import { Deferred } from "../../src/edge/deferred.js";
import { append, appendNumbers, expectCode, type OpenStore, readLog, setUp } from "./contract-setup.js";

export function holdEndContract(open: OpenStore): void {
  describe("holding the end of the log", () => {
    const setup = setUp(open);

    it("gives the last sequence-number, and numbers what the transaction appends directly behind it", async ({
      skip,
    }) => {
      const { store } = setup;
      if (store.dialect !== "sqlite") skip("this driver does not hold the end of the log yet");
      await appendNumbers(store, 1, 2);
      const { lastSequence } = await store.log.bounds();
      const isHeld = new Deferred<number>();
      const goOn = new Deferred<void>();
      const holding = store.transaction(async (transaction) => {
        isHeld.resolve(await store.log.holdEnd(transaction));
        await goOn.promise;
        await store.log.append(transaction, Uint8Array.of(3));
      });
      expect(await isHeld.promise).toBe(lastSequence);
      const other = append(store, Uint8Array.of(9));
      goOn.resolve();
      await Promise.all([holding, other]);
      expect((await readLog(store, lastSequence)).map((row) => [row.sequence, row.deltaBuffer[0]])).toEqual([
        [lastSequence + 1, 3],
        [lastSequence + 2, 9],
      ]);
    });

    it("gives the last sequence-number also where the log was trimmed, or nothing was ever in it", async ({ skip }) => {
      const { store } = setup;
      if (store.dialect !== "sqlite") skip("this driver does not hold the end of the log yet");
      const hold = (): Promise<number> => store.transaction((transaction) => store.log.holdEnd(transaction));
      expect(await hold()).toBe(0);
      await appendNumbers(store, 1, 2);
      const { lastSequence } = await store.log.bounds();
      await store.log.trim(lastSequence, []);
      expect(await hold()).toBe(lastSequence);
    });

    it("rejects where the transaction has ended", async ({ skip }) => {
      const { store } = setup;
      if (store.dialect !== "sqlite") skip("this driver does not hold the end of the log yet");
      const ended = await store.transaction((transaction) => Promise.resolve({ transaction }));
      await expectCode(store.log.holdEnd(ended.transaction), "Store");
    });
  });
}
