import { isSpanContextValid, trace } from "@opentelemetry/api";
import { encodeDeltaBuffer } from "../delta/delta-buffer.js";
import type { DeltaObject } from "../delta/delta-object.js";
import type { Schema } from "../delta/schema.js";
import { traceToBytes } from "../delta/trace-context.js";
import type { Store } from "../store/store.js";
import { checkTopicsList } from "../topics/topics-list.js";
import type { Notifier } from "./notifier.js";

/** What Reception takes beside store and schema. */
export interface ReceptionOptions {
  /** Wakes a delta server in another process; one in this process that has the same store is always woken. */
  readonly notifier?: Notifier;
}

/** The way of delta-objects from an application's entities sub-system into the log (guide §4.1). */
export class Reception {
  readonly #store: Store;
  readonly #schema: Schema;
  readonly #notifier: Notifier | undefined;
  #isSchemaPut = false;
  #isSchemaCommitted = false;
  #confirming: Promise<void> | undefined;

  constructor(store: Store, schema: Schema, options: ReceptionOptions = {}) {
    this.#store = store;
    this.#schema = schema;
    this.#notifier = options.notifier;
  }

  /**
   * Appends delta-objects to the log, as one row, inside the transaction that writes their entities: committed with it or not
   * at all (guide §4.1). The transaction is one of `store.transaction`, or the application's own (for SQLite its better-sqlite3
   * Database, on which all is written before `append` returns). No delta-objects append nothing. The schema is stored by the
   * first transaction that is committed. Where the application traces with OpenTelemetry, the active span goes with them to the
   * Edge (`DeltaBatch.traces`).
   *
   * Rejects with TopicsList or Limit where a topics-list is malformed or too large, DeltaBuffer where a delta-object does not
   * fit the schema, Limit where they take more than DELTA_BUFFER_BYTES_MAX, Config where another schema has this schema's
   * name, Store where no transaction is open or the database refuses: roll the transaction back.
   */
  append(transaction: unknown, deltas: readonly DeltaObject[]): Promise<void> {
    if (deltas.length === 0) return Promise.resolve();
    try {
      checkTopics(deltas);
      const deltaBuffer = encodeDeltaBuffer(this.#schema, deltas, activeTrace());
      // No promise of its own: beside an insert each costs something.
      if (this.#isSchemaCommitted) return this.#store.log.append(transaction, deltaBuffer);
      return this.#appendWithSchema(transaction, deltaBuffer);
    } catch (error) {
      const reason = error as Error;
      return Promise.reject(reason);
    }
  }

  async #appendWithSchema(transaction: unknown, deltaBuffer: Uint8Array): Promise<void> {
    // Both at once, without waiting between them: a transaction of better-sqlite3 may be over before any wait is.
    await Promise.all([this.#putSchema(transaction), this.#store.log.append(transaction, deltaBuffer)]);
  }

  /**
   * Wakes the delta server, so that what was committed goes out at once (guide §4.1, NotifyDeltaServer). Call it behind the
   * commit; without it the server finds the rows at its next poll. Rejects only where a notifier of the application's own does.
   */
  async notifyDeltaServer(): Promise<void> {
    this.#store.log.notify();
    await Promise.all([this.#notifier?.notify(), this.#confirmSchema()]);
  }

  /** Until the schema is known to be committed, each transaction puts it: where it is there already, that is one look-up. */
  #putSchema(transaction: unknown): Promise<void> {
    // Where the database tells of commits, an application need not notify: an earlier transaction may be committed by now.
    if (this.#isSchemaPut) void this.#confirmSchema();
    this.#isSchemaPut = true;
    return this.#store.schemas.put(this.#schema.name, this.#schema.text, transaction);
  }

  /** A transaction may have been rolled back, and its schema with it; what is read outside of all transactions is committed. */
  #confirmSchema(): Promise<void> | undefined {
    if (this.#isSchemaCommitted) return undefined;
    this.#confirming ??= this.#readSchema().finally(() => (this.#confirming = undefined));
    return this.#confirming;
  }

  async #readSchema(): Promise<void> {
    const text = await this.#store.schemas.get(this.#schema.name).catch(() => undefined);
    this.#isSchemaCommitted = text === this.#schema.text;
  }
}

/** Gives the active span, as it stands in a delta-buffer; undefined where there is none, or no tracing at all. */
function activeTrace(): Uint8Array | undefined {
  const span = trace.getActiveSpan()?.spanContext();
  return span && isSpanContextValid(span) ? traceToBytes(span) : undefined;
}

function checkTopics(deltas: readonly DeltaObject[]): void {
  for (const { topics, oldTopics } of deltas) {
    checkTopicsList(topics);
    if (oldTopics !== null && oldTopics !== topics) checkTopicsList(oldTopics);
  }
}
