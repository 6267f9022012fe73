import { isCommandRecord, readCommandRecord } from "../../src/delta-server/command-record.js";
import { guidToBytes } from "../../src/base/guid.js";
import { decodeDeltaBuffer } from "../../src/delta/delta-buffer.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import type { EntityChange, Store, Transaction } from "../../src/store/store.js";
import { schema } from "./classes.js";

/** What stands in the log of a store, row by row, kept also when the log is trimmed. Commands are rows without deltas. */
export class RecordedLog {
  readonly #rows = new Map<number, readonly DeltaObject[]>();
  readonly #count: (what: string) => void;
  readonly #tell: (what: string) => void;
  #newest = 0;
  #whenAppended: ((sequence: number) => void) | undefined;

  constructor(store: Store, count: (what: string) => void, tell: (what: string) => void) {
    this.#count = count;
    this.#tell = tell;
    const append = store.log.append.bind(store.log);
    store.log.append = async (transaction, bytes) => {
      await append(transaction, bytes);
      const [row] = await (transaction as Transaction).all("SELECT MAX(Sequence) AS newest FROM LiveDistLog");
      this.#note(Number(row!["newest"]), bytes);
    };
  }

  /** The sequence-number of the row that was appended last, be it committed or not. */
  get newest(): number {
    return this.#newest;
  }

  /** Calls back, once, when the transaction that is open appends its row, if it does. */
  whenAppended(callback: ((sequence: number) => void) | undefined): void {
    this.#whenAppended = callback;
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

  #note(sequence: number, bytes: Uint8Array): void {
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
    this.#whenAppended?.(sequence);
    this.#whenAppended = undefined;
  }
}
