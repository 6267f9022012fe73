import { afterEach, describe, expect, test } from "vitest";
import {
  removeDatabases,
  SQLSERVER_TEST_MS_MAX,
  SqlServerDatabase,
  sqlServerUrl,
} from "../store/sqlserver-databases.js";
import { runSeedsOnServer } from "./run-seeds-on-server.js";
import { sqlServerWork } from "./sqlserver-work.js";

const SEEDS = "1-8";

if (sqlServerUrl === undefined) {
  process.stderr.write("the model does not run on SQL Server: LIVEDIST_TEST_MSSQL holds no connection string\n");
}

const options = { skip: sqlServerUrl === undefined, timeout: 4 * SQLSERVER_TEST_MS_MAX };

describe("on the server that LIVEDIST_TEST_MSSQL names", options, () => {
  removeDatabases();
  const databases: SqlServerDatabase[] = [];
  afterEach(async () => {
    for (const database of databases.splice(0)) await database.cleanup();
  });

  test("each copy is what the oracle says on SQL Server too", async () => {
    const work = sqlServerWork();
    const counts = await runSeedsOnServer("SQL Server", SEEDS, async () => {
      // One database after another: to create one takes longer than to empty one.
      await databases.pop()?.cleanup();
      const database = new SqlServerDatabase();
      databases.push(database);
      return { connectionString: await database.connectionString(), whenIdle: () => work.whenIdle() };
    });
    expect([counts.get("restart"), counts.get("command SyncLoad")]).not.toContain(undefined);
  });
});
