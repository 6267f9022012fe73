import pg from "pg";
import { DatabaseWork } from "./database-work.js";

/** Counts what the PostgreSQL clients of this process wait for. */
export function postgresqlWork(): DatabaseWork {
  const work = new DatabaseWork();
  work.countCalls(pg.Client.prototype, ["query", "connect"]);
  return work;
}
