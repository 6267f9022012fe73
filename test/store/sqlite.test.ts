import { openFile, openMemory } from "./sqlite-files.js";
import { storeContract } from "./store-contract.js";

storeContract("SQLite file", () => openFile());
storeContract("SQLite file with a prefix", () => openFile({ tablesPrefix: "site2_" }));
storeContract("SQLite in memory", openMemory);
