import type { Clock } from "../../base/clock.js";
import type { LogBounds, Snapshot, Store } from "../store.js";
import type { SqliteConnection } from "./sqlite-connection.js";
import { readLogBounds } from "./read-log-bounds.js";
import { SqliteSession, settle } from "./sqlite-session.js";
import type { SqliteTables } from "./sqlite-tables.js";

export class SqliteSnapshot extends SqliteSession implements Snapshot {
  readonly #tables: SqliteTables;

  constructor(store: Store, connection: SqliteConnection, clock: Clock, tables: SqliteTables) {
    super(store, connection, clock);
    this.#tables = tables;
  }

  logBounds(): Promise<LogBounds> {
    return settle(() => readLogBounds(this.connection, this.#tables));
  }
}
