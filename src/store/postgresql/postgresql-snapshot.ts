import { LiveDistError } from "../../base/errors.js";
import type { LogBounds, Snapshot, Store } from "../store.js";
import type { LogNumbering } from "./log-numbering.js";
import type { PostgresqlConnection } from "./postgresql-connection.js";
import { PostgresqlSession } from "./postgresql-session.js";
import type { LogState } from "./read-log-state.js";

export class PostgresqlSnapshot extends PostgresqlSession implements Snapshot {
  readonly #numbering: LogNumbering;
  readonly #state: LogState;
  #bounds: Promise<LogBounds> | undefined;
  #isRead = false;

  /** `state` is that of the log as the snapshot sees it. */
  constructor(store: Store, connection: PostgresqlConnection, numbering: LogNumbering, state: LogState) {
    super(store, connection);
    this.#numbering = numbering;
    this.#state = state;
  }

  override get connection(): PostgresqlConnection {
    this.#isRead = true;
    return super.connection;
  }

  /**
   * Where the snapshot sees rows that have no number yet, those would be in its data and come again behind `lastSequence`; so
   * it is moved on to a moment without such rows, which it can be only while nothing was read in it.
   */
  async logBounds(): Promise<LogBounds> {
    const connection = super.connection;
    if (!this.#state.hasUnnumbered) return this.#state.bounds;
    if (this.#bounds === undefined && this.#isRead) {
      throw new LiveDistError("Store", "a snapshot has to be asked for the log's bounds before anything is read in it");
    }
    this.#bounds ??= this.#numbering.cut(connection);
    return this.#bounds;
  }
}
