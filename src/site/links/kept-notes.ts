import type { Store, Transaction } from "../../store/store.js";
import type { LinkNotes } from "./link-notes.js";

/** The notes of one link, as they are in the database, and the only way to change them. */
export class KeptNotes<N extends LinkNotes> {
  readonly #store: Store;
  readonly #peer: string;
  readonly #first: N;
  #current: N;
  #isInDoubt = false;
  #last: Promise<unknown> = Promise.resolve();

  /** Reads the notes about a peer; `first` are those of a link that never ran. */
  static async read<N extends LinkNotes>(store: Store, peer: string, first: N): Promise<KeptNotes<N>> {
    const notes = new KeptNotes(store, peer, first);
    await notes.#read();
    return notes;
  }

  private constructor(store: Store, peer: string, first: N) {
    this.#store = store;
    this.#peer = peer;
    this.#first = first;
    this.#current = first;
  }

  /** Where a commit was not answered, what was there before: see `settle`. */
  get current(): N {
    return this.#current;
  }

  /** Has `current` be what the database has, also where it is not known whether the last change was committed. */
  settle(): Promise<void> {
    return this.#inTurn(() => this.#readInDoubt());
  }

  /**
   * Runs `work` in a transaction, which also writes the notes that it gives. Changes follow one another. Rejects with what
   * `work` or the database rejects with; nothing has changed then.
   */
  change(work: (transaction: Transaction, notes: N) => Promise<N>): Promise<void> {
    return this.#inTurn(() => this.#change(work));
  }

  /** Changes nothing but the notes. */
  note(change: (notes: N) => N): Promise<void> {
    return this.change((_, notes) => Promise.resolve(change(notes)));
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #change(work: (transaction: Transaction, notes: N) => Promise<N>): Promise<void> {
    await this.#readInDoubt();
    this.#isInDoubt = true;
    this.#current = await this.#store.transaction(async (transaction) => {
      const notes = await work(transaction, this.#current);
      await this.#store.links.set(this.#peer, JSON.stringify(notes), transaction);
      return notes;
    });
    this.#isInDoubt = false;
  }

  /** Where a commit was not answered, only the database knows whether it happened. */
  async #readInDoubt(): Promise<void> {
    if (this.#isInDoubt) await this.#read();
  }

  async #read(): Promise<void> {
    const text = await this.#store.links.get(this.#peer);
    this.#current = text === undefined ? this.#first : (JSON.parse(text) as N);
    this.#isInDoubt = false;
  }
}
