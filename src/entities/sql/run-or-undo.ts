import type { Transaction } from "../../store/store.js";
import type { EntitiesDialect } from "./entities-dialect.js";

/** Runs a part of a transaction, and undoes it, and nothing else, where it rejects. */
export async function runOrUndo<T>(
  transaction: Transaction,
  { savepoint: { begin, rollBack, release } }: EntitiesDialect,
  work: () => Promise<T>,
): Promise<T> {
  await transaction.run(begin);
  try {
    const result = await work();
    await transaction.run(release);
    return result;
  } catch (error) {
    // Where the database has ended the whole transaction, there is nothing left to undo; the first error says why.
    await transaction
      .run(rollBack)
      .then(() => transaction.run(release))
      .catch(() => undefined);
    throw error;
  }
}
