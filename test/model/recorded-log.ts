import { isCommandRecord, readCommandRecord } from "../../src/delta-server/command-record.js";
import { guidToBytes } from "../../src/base/guid.js";
import { decodeDeltaBuffer } from "../../src/delta/delta-buffer.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import type { EntityChange, LogRow, Store, Transaction } from "../../src/store/store.js";
import { schema } from "./classes.js";

/** A row that has been appended and has no sequence-number yet. */
interface UnnumberedRow {
  readonly bytes: Uint8Array;
  readonly whenNumbered: ((sequence: number) => void) | undefined;
}

const READ_LIMITS = { rowsMax: 1_000, bytesMax: 1_000_000 };

/**
 * What stands in the log of a store, row by row, kept also when the log is trimmed. Commands are rows without deltas. In SQLite
 * a row has its sequence-number as soon as it is appended; elsewhere it gets one after its commit, and is recorded when
 * somebody reads it first, before he has it.
 */
export class RecordedLog {
  readonly #rows = new Map<number, readonly DeltaObject[]>();
  readonly #unnumbered = new Map<string, UnnumberedRow>();
  readonly #read: Store["log"]["read"];
  readonly #isNumberedLater: boolean;
  readonly #count: (what: string) => void;
  readonly #tell: (what: string) => void;
  #newest = 0;
  #whenNumbered: ((sequence: number) => void) | undefined;
  #learning: Promise<void> = Promise.resolve();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(store: Store, count: (what: string) => void, tell: (what: string) => void) {
    const { log, dialect } = store;
    this.#count = count;
    this.#tell = tell;
    this.#isNumberedLater = dialect !== "sqlite";
    const append = log.append.bind(log);
    const read = log.read.bind(log);
    this.#read = read;
    log.append = async (transaction, bytes) => {
      await append(transaction, bytes);
      const whenNumbered = isCommandRecord(bytes) ? undefined : this.#whenNumbered;
      if (!isCommandRecord(bytes)) this.#whenNumbered = undefined;
      if (this.#isNumberedLater) {
        this.#unnumbered.set(keyOf(bytes), { bytes: bytes.slice(), whenNumbered });
        return;
      }
      const [row] = await (transaction as Transaction).all("SELECT MAX(Sequence) AS newest FROM LiveDistLog");
      this.#note(Number(row!["newest"]), { bytes, whenNumbered });
    };
    log.read = async (after, limits) => {
      const rows = await read(after, limits);
      if (this.#isNumberedLater) await this.#learn(rows);
      return rows;
    };
  }

  /** The sequence-number of the row that was appended last, be it committed or not. */
  get newest(): number {
    return this.#newest;
  }

  /** Calls back, once, with the sequence-number of the row that the transaction at hand appends, if it does. */
  whenNumbered(callback: ((sequence: number) => void) | undefined): void {
    this.#whenNumbered = callback;
  }

  /** Runs the transactions of applications one after the other, each with what the one before has left. */
  inTurn(transaction: () => Promise<void>): Promise<void> {
    // SQLite's store sees to that, and to what is left, by itself.
    if (!this.#isNumberedLater) return transaction();
    const turn = this.#turn.then(transaction).then(() => this.catchUp());
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Records all that is committed by now. */
  async catchUp(): Promise<void> {
    for (let rows = await this.#read(this.#newest, READ_LIMITS); rows.length > 0;) {
      await this.#learn(rows);
      rows = await this.#read(this.#newest, READ_LIMITS);
    }
  }

  /** Gives the rows after a sequence-number, up to another, as they were written. */
  *rows(after: number, through: number): Generator<{ sequence: number; deltas: readonly DeltaObject[] }> {
    for (let sequence = after + 1; sequence <= through; sequence++)
      yield { sequence, deltas: this.#rows.get(sequence) ?? [] };
  }

  /** Gives the entities of which rows after a sequence-number, up to another, told something. */
  changed(after: number, through: number): Set<string> {
    return new Set(this.#changes(after, through).keys());
  }

  /** Gives what trimming has to keep of the rows after a sequence-number, up to another. */
  trimmed(after: number, through: number): EntityChange[] {
    return [...this.#changes(after, through)].map(([id, { sequence, delta }]) => {
      const techId = new Uint8Array(16);
      guidToBytes(id, techId, 0);
      return { techId, className: delta.deltaClass.name, sequence, isDeleted: delta.oper === "DELETE" };
    });
  }

  #changes(after: number, through: number): Map<string, { sequence: number; delta: DeltaObject }> {
    const changes = new Map<string, { sequence: number; delta: DeltaObject }>();
    for (const { sequence, deltas } of this.rows(after, through))
      for (const delta of deltas) if (delta.oper !== "REGISTER") changes.set(delta.techId, { sequence, delta });
    return changes;
  }

  /** Records rows that were read, and those before them that nobody has read yet, in order. */
  #learn(rows: readonly LogRow[]): Promise<void> {
    this.#learning = this.#learning.then(async () => {
      for (const { sequence, deltaBuffer } of rows) {
        while (this.#newest < sequence - 1) {
          for (const missed of await this.#read(this.#newest, READ_LIMITS)) this.#noteNumbered(missed);
        }
        this.#noteNumbered({ sequence, deltaBuffer });
      }
    });
    return this.#learning;
  }

  #noteNumbered({ sequence, deltaBuffer }: LogRow): void {
    if (sequence <= this.#newest) return;
    const key = keyOf(deltaBuffer);
    const row = this.#unnumbered.get(key);
    if (row === undefined) throw new Error(`row ${sequence} of the log was appended by nobody`);
    this.#unnumbered.delete(key);
    this.#note(sequence, row);
  }

  #note(sequence: number, { bytes, whenNumbered }: UnnumberedRow): void {
    this.#newest = sequence;
    if (isCommandRecord(bytes)) {
      const { clientId, service } = readCommandRecord(bytes).request;
      this.#count(`command ${service}`);
      this.#tell(`row ${sequence}: ${service} of ${clientId}`);
      this.#rows.set(sequence, []);
      return;
    }
    const deltas = decodeDeltaBuffer(schema, bytes);
    this.#rows.set(sequence, deltas);
    const said = deltas.map(({ oper, techId, topics }) => `${oper} ${techId.slice(0, 4)} ${topics.join()}`);
    this.#tell(`row ${sequence}: ${said.join("; ")}`);
    whenNumbered?.(sequence);
  }
}

function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
