import { MapCopy } from "../../src/edge/map-copy.js";
import { SqliteCopy } from "../../src/edge/sqlite-copy.js";
import { entityCopyContract } from "./entity-copy-contract.js";
import { thingsSchema } from "./things.js";

entityCopyContract("MapCopy", () => new MapCopy());
entityCopyContract("SqliteCopy", () => new SqliteCopy(":memory:", thingsSchema));
