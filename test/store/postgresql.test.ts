import { openPostgresql } from "./postgresql-databases.js";
import { storeContract } from "./store-contract.js";

storeContract("PostgreSQL", () => openPostgresql());
storeContract("PostgreSQL with a prefix", () => openPostgresql({ tablesPrefix: "site2_" }));
