import { bytesToGuid } from "../base/guid.js";
import type { Logger } from "../base/logger.js";
import { TECH_ID_BYTES } from "../delta/encoded-delta.js";
import type { EntityChange, LogRow, StoreLog } from "../store/store.js";
import type { DeltaServer } from "./delta-server.js";
import { readLogRow } from "./read-log-row.js";

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
  readonly #delta: DeltaServer;
  readonly #log: StoreLog;
  readonly #retention: LogRetention;
  readonly #logger: Logger;
  readonly #mayTrim: () => number;
  #cancel: () => void = () => undefined;
  #isStopped = false;

  /** `mayTrim` gives the sequence-number up to which nobody else needs the log. */
  constructor(delta: DeltaServer, log: StoreLog, retention: LogRetention, logger: Logger, mayTrim = () => Infinity) {
    this.#mayTrim = mayTrim;
    this.#delta = delta;
    this.#log = log;
    this.#retention = retention;
    this.#logger = logger;
  }

  start(): void {
    if (this.#isStopped || (this.#retention.keepMs === 0 && this.#retention.bytesMax === 0)) return;
    this.#cancel = this.#delta.clock.after(CHECK_MS, () => {
      this.trim()
        .catch((error: unknown) => {
          if (!this.#isStopped)
            this.#logger.error({ err: error }, "the log could not be trimmed; it will be tried again");
        })
        .finally(() => this.start());
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  /** Trims what is too old or too much now, of what the delta server has read: it must not find a gap. */
  async trim(): Promise<void> {
    const { keepMs, bytesMax } = this.#retention;
    const log = this.#log;
    const { clock } = this.#delta;
    const tooOld = keepMs === 0 ? 0 : await log.sequenceBefore(clock.now() - keepMs);
    let { bytes } = await log.size();
    let { firstSequence } = await log.bounds();
    while (!this.#isStopped) {
      const trimmed: LogRow[] = [];
      for (const row of await log.read(firstSequence - 1, TRIM_LIMITS)) {
        const isWanted = row.sequence > tooOld && (bytesMax === 0 || bytes <= bytesMax);
        if (isWanted || row.sequence > Math.min(this.#delta.sequence, this.#mayTrim())) break;
        bytes -= row.deltaBuffer.length;
        trimmed.push(row);
      }
      const last = trimmed.at(-1);
      if (last === undefined) break;
      await log.trim(last.sequence, await this.#changesOf(trimmed));
      firstSequence = last.sequence + 1;
    }
    await this.#delta.refreshBounds();
  }

  async #changesOf(rows: readonly LogRow[]): Promise<EntityChange[]> {
    const changes = new Map<string, EntityChange>();
    for (const row of rows) {
      // A damaged row says nothing of any entity; it must not keep the log from being trimmed.
      const read = await readLogRow(row, this.#delta.schemas);
      for (const { encoded, schema } of read ?? []) {
        const { oper, bytes, techIdAt, classIndex } = encoded;
        if (oper === "REGISTER") continue;
        const techId = bytes.slice(techIdAt, techIdAt + TECH_ID_BYTES);
        const className = schema.classes[classIndex]!.name;
        changes.set(bytesToGuid(techId, 0), {
          techId,
          className,
          sequence: row.sequence,
          isDeleted: oper === "DELETE",
        });
      }
    }
    return [...changes.values()];
  }
}
