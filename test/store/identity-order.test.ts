import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Store } from "../../src/store/store.js";
import { gate, readLog } from "./contract-setup.js";
import { type PostgresqlSchema, usePostgresqlSchema } from "./postgresql-databases.js";

/** A transaction that has appended its number, and is open until `commit`. */
interface OpenTransaction {
  commit(): Promise<void>;
}

async function begin(store: Store, number: number): Promise<OpenTransaction> {
  const [appended, mayEnd] = [gate(), gate()];
  const ended = store.transaction(async (transaction) => {
    await store.log.append(transaction, Uint8Array.of(number));
    appended.open();
    await mayEnd.passed;
  });
  await appended.passed;
  return {
    commit() {
      mayEnd.open();
      return ended;
    },
  };
}

/** A reader who goes on from the greatest identity that he has seen, as one would with any table that numbers its rows. */
class IdentityReader {
  readonly read: number[] = [];
  #last = 0;

  async goOn(schema: PostgresqlSchema): Promise<void> {
    const rows = await schema.query(
      `SELECT LogId::int AS id, get_byte(DeltaBuffer, 0) AS number FROM LiveDistAppended WHERE LogId > ${this.#last} ORDER BY LogId`,
    );
    for (const { id, number } of rows as { id: number; number: number }[]) {
      this.#last = id;
      this.read.push(number);
    }
  }
}

/** A reader who goes on from the greatest sequence-number, as every server does. */
class SequenceReader {
  readonly read: number[] = [];
  #last = 0;

  async goOn(store: Store): Promise<void> {
    for (const { sequence, deltaBuffer } of await readLog(store, this.#last)) {
      this.#last = sequence;
      this.read.push(deltaBuffer[0]!);
    }
  }
}

/** Gives what a reader by identity sees of commits, each with the number of its append: no commit behind one of a later append. */
function seenByIdentity(commits: readonly number[]): number[] {
  let greatest = -1;
  return commits.filter((number) => {
    const isSeen = number > greatest;
    if (isSeen) greatest = number;
    return isSeen;
  });
}

describe("the order of identities", () => {
  const schema = usePostgresqlSchema();

  it("hides a transaction that commits late from who reads by it, and not from who reads the log", async () => {
    const store = await schema().open();
    const [byIdentity, bySequence] = [new IdentityReader(), new SequenceReader()];
    const late = await begin(store, 0);
    const early = await begin(store, 1);
    for (const transaction of [early, late]) {
      await transaction.commit();
      await byIdentity.goOn(schema());
      await bySequence.goOn(store);
    }
    expect(byIdentity.read).toEqual([1]);
    expect(bySequence.read).toEqual([1, 0]);
  });

  it("does so whatever the order of the commits: who reads the log is given each of them, as it is committed", async () => {
    const store = await schema().open();
    const [byIdentity, bySequence] = [new IdentityReader(), new SequenceReader()];
    const orders = fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 });
    const follows = fc.asyncProperty(orders, async (commits) => {
      byIdentity.read.length = bySequence.read.length = 0;
      const transactions: OpenTransaction[] = [];
      for (const number of commits.toSorted()) transactions.push(await begin(store, number));
      for (const number of commits) {
        await transactions[number]!.commit();
        await byIdentity.goOn(schema());
        await bySequence.goOn(store);
      }
      expect(byIdentity.read).toEqual(seenByIdentity(commits));
      expect(bySequence.read).toEqual(commits);
    });
    await fc.assert(follows, { numRuns: 8 });
  });
});
