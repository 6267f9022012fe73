import { LiveDistError } from "../../base/errors.js";
import type { Master } from "../../store/server-row.js";
import type { Store, Transaction } from "../../store/store.js";

/**
 * Gives a store whose transactions begin with a look whether a lease is still in force, and lock it until they end: who was the
 * master a moment ago, and does not know better yet, commits nothing more, nor does what began under an earlier lease of the same
 * server. They reject with Closed then.
 */
export function storeOfMaster(store: Store, lease: Master): Store {
  const { dialect, tablesPrefix, log, clients, schemas, links, servers } = store;
  const checkLeads = async (transaction: Transaction): Promise<void> => {
    if (await servers.isMaster(lease, transaction)) return;
    throw new LiveDistError("Closed", "this server leads its site no longer");
  };
  return {
    ...{ dialect, tablesPrefix, log, clients, schemas, links, servers },
    transaction: (work) =>
      store.transaction(async (transaction) => {
        await checkLeads(transaction);
        return work(transaction);
      }),
    snapshot: (read) => store.snapshot(read),
    close: () => store.close(),
  };
}
