import { SequenceTooOldError } from "../../base/errors.js";
import type { DeltaLog, DeltaLogRow } from "../../delta-server/delta-log.js";
import type { LogBounds } from "../../store/store.js";

/**
 * The mother's log as a proxy receives it: rows wait here until the delta server has read them, and are then only in its window.
 * What feeds it pushes a batch and waits until that was read, so that it holds no more than one batch.
 */
export class ProxyLog implements DeltaLog {
  readonly #epoch: string;
  readonly #startSequence: number;
  #rows: DeltaLogRow[] = [];
  #lastSequence: number;
  /** Up to here rows were read and let go. */
  #readThrough: number;
  #listener: () => void = () => undefined;

  /** The proxy's cache holds the entities as of `startSequence`. */
  constructor(epoch: string, startSequence: number) {
    this.#epoch = epoch;
    this.#startSequence = startSequence;
    this.#lastSequence = startSequence;
    this.#readThrough = startSequence;
  }

  /** Adds rows behind the others, and moves the end of the log to a sequence-number: what others were given is passed over. */
  push(rows: readonly DeltaLogRow[], throughSequence: number): void {
    for (const row of rows) this.#rows.push(row);
    if (throughSequence > (this.#rows.at(-1)?.sequence ?? this.#lastSequence)) {
      this.#rows.push({ sequence: throughSequence, deltaBuffer: NO_BYTES, isPassed: true });
    }
    this.#lastSequence = Math.max(this.#lastSequence, throughSequence);
    this.#listener();
  }

  /** Gives the rows after a sequence-number. Rejects with SequenceTooOld where they were read before. */
  read(afterSequence: number): Promise<DeltaLogRow[]> {
    if (afterSequence < this.#readThrough) {
      const message = `a proxy keeps no log beyond what it has in memory; position ${afterSequence} is too old`;
      return Promise.reject(new SequenceTooOldError(message));
    }
    this.#readThrough = afterSequence;
    this.#rows = this.#rows.filter(({ sequence }) => sequence > afterSequence);
    return Promise.resolve(this.#rows);
  }

  bounds(): Promise<LogBounds> {
    const firstSequence = this.#startSequence + 1;
    return Promise.resolve({ epoch: this.#epoch, firstSequence, lastSequence: this.#lastSequence });
  }

  onNotify(listener: () => void): () => void {
    this.#listener = listener;
    return () => (this.#listener = () => undefined);
  }
}

const NO_BYTES = new Uint8Array(0);
