import { LiveDistError } from "../../base/errors.js";
import type { Store, Transaction } from "../../store/store.js";
import type { SiteMember } from "./site-member.js";

/**
 * Gives a store whose transactions begin with a look whether this server leads its site, and lock the lease until they end: who
 * was the master a moment ago, and does not know better yet, commits nothing more. They reject with Closed then.
 */
export function storeOfMaster(store: Store, member: Pick<SiteMember, "lease">): Store {
  const { dialect, tablesPrefix, log, clients, schemas, links, servers } = store;
  const checkLeads = async (transaction: Transaction): Promise<void> => {
    const { lease } = member;
    if (lease !== undefined && (await servers.isMaster(lease, transaction))) return;
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
