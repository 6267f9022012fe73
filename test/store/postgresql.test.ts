import { describe } from "vitest";
import { tablesContract } from "./contract-tables.js";
import { openPostgresql } from "./postgresql-databases.js";
import { storeContract } from "./store-contract.js";

storeContract("PostgreSQL", () => openPostgresql());

describe("store contract: PostgreSQL with a prefix", () => {
  // A prefix makes no difference to anything but names, each of which these use.
  tablesContract(() => openPostgresql({ tablesPrefix: "site2_" }));
});
