import { describe } from "vitest";
import { concurrencyContract } from "./contract-concurrency.js";
import { holdEndContract } from "./contract-hold-end.js";
import { serversContract } from "./contract-servers.js";
import { logContract } from "./contract-log.js";
import type { OpenStore } from "./contract-setup.js";
import { tablesContract } from "./contract-tables.js";
import { transactionsContract } from "./contract-transactions.js";

/**
 * What every driver of `Store` promises, whatever its database: each runs this suite unchanged. `open` gives a store on a
 * new, empty database each time it is called.
 */
export function storeContract(name: string, open: OpenStore): void {
  describe(`store contract: ${name}`, () => {
    transactionsContract(open);
    logContract(open);
    holdEndContract(open);
    tablesContract(open);
    serversContract(open);
    concurrencyContract(open);
  });
}
