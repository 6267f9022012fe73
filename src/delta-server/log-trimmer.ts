import type { Clock } from "../base/clock.js";
import { codeOf } from "../base/errors.js";
import { bytesToGuid } from "../base/guid.js";
import type { Logger } from "../base/logger.js";
import { readEncodedDeltaBuffer } from "../delta/delta-buffer.js";
import { TECH_ID_BYTES } from "../delta/encoded-delta.js";
import type { SchemaRegistry } from "../delta/schema-registry.js";
import type { EntityChange, LogRow, Store } from "../store/store.js";

/** How long the log is kept; 0 is for ever and without limit. */
export interface LogRetention {
  readonly keepMs: number;
  readonly bytesMax: number;
}

const CHECK_MS = 60_000;
/** What one transaction of trimming takes away at most, so that writers do not wait long for it. */
const TRIM_LIMITS = { rowsMax: 500, bytesMax: 4 * 1024 * 1024 };

/** Trims the log by age and size; what the trimmed rows said of each entity is kept (protocol: the log and its sequence). */
export class LogTrimmer {
  readonly #store: Store;
  readonly #schemas: SchemaRegistry;
  readonly #retention: LogRetention;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #cancel: () => void = () => undefined;
  #isStopped = false;

  constructor(store: Store, schemas: SchemaRegistry, retention: LogRetention, clock: Clock, logger: Logger) {
    this.#store = store;
    this.#schemas = schemas;
    this.#retention = retention;
    this.#clock = clock;
    this.#logger = logger;
  }

  start(): void {
    if (this.#isStopped || (this.#retention.keepMs === 0 && this.#retention.bytesMax === 0)) return;
    this.#cancel = this.#clock.after(CHECK_MS, () => {
      this.trim()
        .catch((error: unknown) => {
          if (!this.#isStopped) this.#logger.error({ error }, "the log could not be trimmed; it will be tried again");
        })
        .finally(() => this.start());
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  /** Trims what is too old or too much now. */
  async trim(): Promise<void> {
    const { keepMs, bytesMax } = this.#retention;
    const tooOld = keepMs === 0 ? 0 : await this.#store.log.sequenceBefore(this.#clock.now() - keepMs);
    let { bytes } = await this.#store.log.size();
    let { firstSequence } = await this.#store.log.bounds();
    while (!this.#isStopped) {
      const rows = await this.#store.log.read(firstSequence - 1, TRIM_LIMITS);
      const trimmed: LogRow[] = [];
      for (const row of rows) {
        if (row.sequence > tooOld && (bytesMax === 0 || bytes <= bytesMax)) break;
        bytes -= row.deltaBuffer.length;
        trimmed.push(row);
      }
      const last = trimmed.at(-1);
      if (last === undefined) return;
      await this.#store.log.trim(last.sequence, await this.#changesOf(trimmed));
      firstSequence = last.sequence + 1;
    }
  }

  async #changesOf(rows: readonly LogRow[]): Promise<EntityChange[]> {
    const changes = new Map<string, EntityChange>();
    for (const { sequence, deltaBuffer } of rows) {
      try {
        const { schemaName, deltas } = readEncodedDeltaBuffer(deltaBuffer);
        const schema = await this.#schemas.load(schemaName);
        for (const { oper, bytes, techIdAt, classIndex } of deltas) {
          if (oper === "REGISTER") continue;
          const techId = bytes.slice(techIdAt, techIdAt + TECH_ID_BYTES);
          const className = schema.classes[classIndex]?.name ?? "";
          changes.set(bytesToGuid(techId, 0), { techId, className, sequence, isDeleted: oper === "DELETE" });
        }
      } catch (error) {
        // A damaged row says nothing of any entity; it must not keep the log from being trimmed.
        if (codeOf(error) !== "DeltaBuffer" && codeOf(error) !== "UnknownSchema") throw error;
      }
    }
    return [...changes.values()];
  }
}
