import { describe } from "vitest";
import { openSqlServer, removeDatabases, SQLSERVER_TEST_MS_MAX, sqlServerUrl } from "./sqlserver-databases.js";
import { storeContract } from "./store-contract.js";

if (sqlServerUrl === undefined) {
  process.stderr.write("SQL Server is not tested: LIVEDIST_TEST_MSSQL holds no connection string\n");
}

const options = { skip: sqlServerUrl === undefined, timeout: SQLSERVER_TEST_MS_MAX };

describe("on the server that LIVEDIST_TEST_MSSQL names", options, () => {
  removeDatabases();
  storeContract("SQL Server", () => openSqlServer());
  storeContract("SQL Server with a prefix", () => openSqlServer({ tablesPrefix: "site2_" }));
});
