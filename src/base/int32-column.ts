const PAGE_SHIFT = 18;
/** Entries of a page: 1 MiB. */
const PAGE_ENTRIES = 2 ** PAGE_SHIFT;
const PAGE_MASK = PAGE_ENTRIES - 1;
const FIRST_ENTRIES_MIN = 256;

/**
 * A growing array of signed 32-bit numbers outside the JavaScript heap. It stands in pages, so that growing never copies more
 * than one page: one array of tens of millions of entries would stop the process while it is copied to a larger one.
 */
export class Int32Column {
  readonly #pages: Int32Array[] = [];
  #length = 0;

  /** Entries that may be read and written: more than were reserved, and 0 until they are set. */
  get length(): number {
    return this.#length;
  }

  get heldBytes(): number {
    return this.#length * Int32Array.BYTES_PER_ELEMENT;
  }

  /** Makes the entries below `length` usable. */
  reserve(length: number): void {
    if (length <= this.#length) return;
    if (this.#length < PAGE_ENTRIES) this.#growFirstPage(length);
    while (this.#length < length) this.#addPage(PAGE_ENTRIES);
  }

  /** Gives an entry; `index` is below `length`. */
  get(index: number): number {
    return this.#pages[index >>> PAGE_SHIFT]![index & PAGE_MASK]!;
  }

  /** Sets an entry; `index` is below `length`. */
  set(index: number, value: number): void {
    this.#pages[index >>> PAGE_SHIFT]![index & PAGE_MASK] = value;
  }

  /** Gives the page of an entry, for reading or setting some that stand side by side: `place` says where in it the entry is. */
  page(index: number): Int32Array {
    return this.#pages[index >>> PAGE_SHIFT]!;
  }

  /** Gives where in its page an entry stands. Entries from a multiple of a power of two up to the next one share a page. */
  place(index: number): number {
    return index & PAGE_MASK;
  }

  /** Doubles the first page up to its full size: a small table takes little. */
  #growFirstPage(length: number): void {
    let entries = Math.max(this.#length, FIRST_ENTRIES_MIN);
    while (entries < length && entries < PAGE_ENTRIES) entries *= 2;
    const before = this.#pages.pop();
    this.#length = 0;
    this.#addPage(entries);
    if (before) this.#pages[0]!.set(before);
  }

  #addPage(entries: number): void {
    this.#pages.push(new Int32Array(entries));
    this.#length += entries;
  }
}
