import { SLICES_KEPT_LENGTH_MAX } from "../base/limits.js";
import type { TopicsSlice } from "../topics/topics-slice.js";

const SHORT_LENGTH = 100;

/**
 * The topics-slices that were asked for last, parsed. Who polls names the same slice in each request, and to parse one of a few
 * hundred characters costs more than all else that the answer needs. The oldest go first.
 */
export class ParsedSlices {
  readonly #parse: (text: string) => TopicsSlice;
  readonly #slices = new Map<string, TopicsSlice>();
  readonly #lengthMax: number;
  #length = 0;

  constructor(parse: (text: string) => TopicsSlice, lengthMax = SLICES_KEPT_LENGTH_MAX) {
    this.#parse = parse;
    this.#lengthMax = lengthMax;
  }

  /** How many are kept. */
  get count(): number {
    return this.#slices.size;
  }

  /** Gives the slice of a text. Throws what parsing it throws. */
  parse(text: string): TopicsSlice {
    const kept = this.#slices.get(text);
    if (kept) return kept;
    const slice = this.#parse(text);
    this.#slices.set(text, slice);
    this.#length += lengthOf(text);
    for (const [oldest] of this.#slices) {
      if (this.#length <= this.#lengthMax) break;
      this.#slices.delete(oldest);
      this.#length -= lengthOf(oldest);
    }
    return slice;
  }
}

function lengthOf(text: string): number {
  return Math.max(text.length, SHORT_LENGTH);
}
