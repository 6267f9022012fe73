import type { StoreLog } from "../src/store/store.js";

/** Keeps rows that are committed from whoever reads the log until they are let through, so that they are not appended meanwhile. */
export class GatedLog {
  readonly #log: StoreLog;
  #throughSequence = Infinity;

  /** Changes how `log` reads. */
  constructor(log: StoreLog) {
    this.#log = log;
    const read = log.read.bind(log);
    log.read = async (afterSequence, { rowsMax, bytesMax }) => {
      const allowed = Math.min(rowsMax, this.#throughSequence - afterSequence);
      return allowed > 0 ? read(afterSequence, { rowsMax: allowed, bytesMax }) : [];
    };
  }

  /** Holds back what is committed from now on. */
  async close(): Promise<void> {
    this.#throughSequence = (await this.#log.bounds()).lastSequence;
  }

  /** Lets the next rows through and tells of them. Sequence-numbers of SQLite have no gaps where nothing is rolled back. */
  let(rows: number): void {
    this.#throughSequence += rows;
    this.#log.notify();
  }

  /** Lets everything through, now and later, and tells of it. */
  open(): void {
    this.let(Infinity);
  }
}
