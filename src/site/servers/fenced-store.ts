import type { Store, Transaction } from "../../store/store.js";

/** Gives a store whose transactions begin with a check, which locks what it has looked at until they end. */
export function fencedStore(store: Store, check: (transaction: Transaction) => Promise<void>): Store {
  const { dialect, tablesPrefix, log, clients, schemas, links, servers } = store;
  return {
    ...{ dialect, tablesPrefix, log, clients, schemas, links, servers },
    transaction: (work) =>
      store.transaction(async (transaction) => {
        await check(transaction);
        return work(transaction);
      }),
    snapshot: (read) => store.snapshot(read),
    close: () => store.close(),
  };
}
