import type { Clock } from "../base/clock.js";
import { codeOf, LiveDistError } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import type { Cache, CacheChange } from "../cache-server/cache.js";
import { readEncodedDeltaBuffer, schemaNameOf } from "../delta/delta-buffer.js";
import type { EncodedDelta } from "../delta/encoded-delta.js";
import type { Schema } from "../delta/schema.js";
import type { SchemaRegistry } from "../delta/schema-registry.js";
import type { LogRow, Store } from "../store/store.js";
import type { LogWindow } from "./log-window.js";
import type { SubscriptionGroups } from "./subscription-groups.js";
import { windowDelta, type WindowRow } from "./window-row.js";

/** What one read of the log asks for. */
const READ_LIMITS = { rowsMax: 1_000, bytesMax: 4 * 1024 * 1024 };

export interface LogFollowerParts {
  readonly store: Store;
  readonly cache: Cache;
  readonly window: LogWindow;
  readonly groups: SubscriptionGroups;
  readonly schemas: SchemaRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pollMs: number;
}

/**
 * Follows the log: each row, in sequence order, is applied to the cache and decided on for everyone, once (protocol: one pass
 * per delta). Woken by `wake`, and by itself every `pollMs`.
 */
export class LogFollower {
  readonly #parts: LogFollowerParts;
  #isReading = false;
  #isWoken = false;
  #isStopped = false;
  #cancelPoll: () => void = () => undefined;
  readonly #caughtUp = new Set<() => void>();

  constructor(parts: LogFollowerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.wake();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelPoll();
    for (const callback of this.#caughtUp) callback();
    this.#caughtUp.clear();
  }

  /** Reads the log soon: rows were committed. */
  wake(): void {
    this.#isWoken = true;
    if (!this.#isReading && !this.#isStopped) void this.#readAll();
  }

  /** Waits until all rows that are committed now have entered. */
  catchUp(): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    return new Promise((resolve) => {
      this.#caughtUp.add(resolve);
      this.wake();
    });
  }

  async #readAll(): Promise<void> {
    const { clock, logger, pollMs } = this.#parts;
    this.#isReading = true;
    this.#cancelPoll();
    while (this.#isWoken && !this.#isStopped) {
      this.#isWoken = false;
      const waiting = [...this.#caughtUp];
      this.#caughtUp.clear();
      try {
        await this.#readNew();
      } catch (error) {
        if (!this.#isStopped) logger.error({ error }, "the log could not be read; it will be tried again");
      }
      for (const callback of waiting) callback();
    }
    this.#isReading = false;
    if (!this.#isStopped) this.#cancelPoll = clock.after(pollMs, () => this.wake());
  }

  async #readNew(): Promise<void> {
    const { store, window } = this.#parts;
    for (;;) {
      const rows = await store.log.read(window.lastSequence, READ_LIMITS);
      for (const row of rows) {
        if (this.#isStopped) return;
        await this.#enter(row);
      }
      if (rows.length === 0) return;
      // Whoever waits for the rows just read comes before the next read.
      await new Promise<void>((resolve) => this.#parts.clock.soon(resolve));
    }
  }

  async #enter(row: LogRow): Promise<void> {
    const schema = await this.#schemaOf(row);
    // From here on nothing waits: cache, window and groups change as one, and no load sees one without the others.
    const entered = schema === undefined ? unreadable(row) : this.#apply(row, schema);
    this.#parts.window.push(entered);
    this.#parts.groups.route(entered);
  }

  /** Gives the schema of a row, or undefined where the row cannot be read: it must not stop those behind it. */
  async #schemaOf({ sequence, deltaBuffer }: LogRow): Promise<Schema | undefined> {
    try {
      return await this.#parts.schemas.load(schemaNameOf(deltaBuffer));
    } catch (error) {
      if (codeOf(error) !== "DeltaBuffer" && codeOf(error) !== "UnknownSchema") throw error;
      this.#parts.logger.error({ error, sequence }, "a row of the log cannot be read; it is passed over");
      return undefined;
    }
  }

  #apply(row: LogRow, schema: Schema): WindowRow {
    const { sequence, deltaBuffer } = row;
    const deltas = this.#deltasOf(row);
    const changes = deltas.map((encoded) => this.#applyOne(encoded, schema, sequence));
    const recordBytes = changes.reduce((sum, change) => sum + (change?.record?.length ?? 0), 0);
    return {
      sequence,
      schemaName: schema.name,
      deltas: deltas.map((encoded, index) => windowDelta(encoded, changes[index])),
      bytes: deltaBuffer.length + recordBytes,
      frames: new Map(),
    };
  }

  #deltasOf({ sequence, deltaBuffer }: LogRow): readonly EncodedDelta[] {
    try {
      return readEncodedDeltaBuffer(deltaBuffer).deltas;
    } catch (error) {
      if (codeOf(error) !== "DeltaBuffer") throw error;
      this.#parts.logger.error({ error, sequence }, "a row of the log cannot be read; it is passed over");
      return [];
    }
  }

  #applyOne(encoded: EncodedDelta, schema: Schema, sequence: number): CacheChange | undefined {
    const { cache, logger } = this.#parts;
    try {
      const change = cache.apply({ encoded, schema });
      if (change.record === undefined && (encoded.oper === "PARTIAL" || encoded.oper === "UPDATE")) {
        logger.warn({ sequence, oper: encoded.oper }, "an update of an entity that the cache does not hold");
      }
      return change;
    } catch (error) {
      if (!(error instanceof LiveDistError)) throw error;
      // Clients are given the delta as it is and find the damage themselves; the cache keeps the entity as it was.
      logger.error({ error, sequence }, "a delta-object of the log is damaged; the cache passes over it");
      return undefined;
    }
  }
}

function unreadable({ sequence }: LogRow): WindowRow {
  return { sequence, schemaName: "", deltas: [], bytes: 0, frames: new Map() };
}
