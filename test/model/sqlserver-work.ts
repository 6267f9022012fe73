import mssql from "mssql";
import { DatabaseWork } from "./database-work.js";

/** Counts what the SQL Server connections of this process wait for. */
export function sqlServerWork(): DatabaseWork {
  const work = new DatabaseWork();
  work.countCalls(mssql.ConnectionPool.prototype, ["connect", "close"]);
  work.countCalls(mssql.Transaction.prototype, ["begin", "commit", "rollback"]);
  work.countCalls(mssql.Request.prototype, ["query", "batch"]);
  return work;
}
