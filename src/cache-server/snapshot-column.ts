const PAGE_SHIFT = 14;
/** Entries of a page, 64 KiB: what a write has to copy where a snapshot shows the page. */
const PAGE_ENTRIES = 2 ** PAGE_SHIFT;
const PAGE_MASK = PAGE_ENTRIES - 1;

/** The entries of a column as they were when it was taken. */
export class ColumnSnapshot {
  readonly #pages: readonly Int32Array[];

  /** Made by SnapshotColumn.snapshot. */
  constructor(pages: readonly Int32Array[]) {
    this.#pages = pages;
  }

  /** Gives the page with an entry, which stays as it is and must not be written to; entries up to the next multiple of 4 are in it. */
  pageOf(index: number): Int32Array {
    return this.#pages[index >>> PAGE_SHIFT]!;
  }

  /** Gives where in its page an entry stands. */
  indexInPage(index: number): number {
    return index & PAGE_MASK;
  }
}

/**
 * A growing array of signed 32-bit numbers outside the JavaScript heap, of which a snapshot can be taken at any moment, at once:
 * it shares the pages, and a page that is shared is copied when it is first written to. So a snapshot of millions of entries
 * stops nobody, and costs at most one copy of them all, in steps, and that only if writes reach every page.
 */
export class SnapshotColumn {
  readonly #pages: Int32Array[] = [];
  readonly #isShared: boolean[] = [];

  /** Entries that may be read and written: more than were reserved, and 0 until they are set. */
  get length(): number {
    return this.#pages.length * PAGE_ENTRIES;
  }

  get heldBytes(): number {
    return this.length * Int32Array.BYTES_PER_ELEMENT;
  }

  /** Makes the entries below `length` usable. */
  reserve(length: number): void {
    while (this.length < length) {
      this.#pages.push(new Int32Array(PAGE_ENTRIES));
      this.#isShared.push(false);
    }
  }

  /** Gives an entry; `index` is below `length`. */
  get(index: number): number {
    return this.#pages[index >>> PAGE_SHIFT]![index & PAGE_MASK]!;
  }

  /** Sets an entry; `index` is below `length`. */
  set(index: number, value: number): void {
    const page = index >>> PAGE_SHIFT;
    if (this.#isShared[page]!) this.#unshare(page);
    this.#pages[page]![index & PAGE_MASK] = value;
  }

  /** Gives the entries as they are now, whatever is set later. */
  snapshot(): ColumnSnapshot {
    this.#isShared.fill(true);
    return new ColumnSnapshot([...this.#pages]);
  }

  #unshare(page: number): void {
    this.#pages[page] = this.#pages[page]!.slice();
    this.#isShared[page] = false;
  }
}
