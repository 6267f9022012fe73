import { RowHits } from "./row-frame.js";

/** Clients of a half that are given the same of a row. */
export interface SharedHits {
  /** A bit for each client. */
  readonly mask: number;
  readonly hits: RowHits;
}

/**
 * Splits the clients of a half by what they are given of a row, delta by delta: most often they are all given the same, and
 * what they share is put together once.
 */
export class SharedHitsOfRow {
  #shared: SharedHits[];

  constructor(clients: number) {
    this.#shared = [{ mask: clients, hits: new RowHits() }];
  }

  /** Notes who is given a delta of the row as it is, and who in full. */
  add(index: number, asIs: number, full: number): void {
    if ((asIs | full) === 0) return;
    this.#shared = this.#shared.flatMap((shared) => split(shared, index, asIs, full));
  }

  /** Gives the clients who are given anything. */
  get given(): readonly SharedHits[] {
    return this.#shared.filter(({ hits }) => !hits.isEmpty);
  }
}

/** Notes what is given of a delta to clients that shared everything so far; of those who part, the last keep the hits as their own. */
function split({ mask, hits }: SharedHits, index: number, asIs: number, full: number): SharedHits[] {
  const parts: SharedHits[] = [];
  const masks = [mask & ~(asIs | full), mask & asIs, mask & full] as const;
  const lastAt = masks.findLastIndex((part) => part !== 0);
  masks.forEach((part, at) => {
    if (part === 0) return;
    const own = at === lastAt ? hits : hits.copy();
    own.add(index, decisions[at]!);
    parts.push({ mask: part, hits: own });
  });
  return parts;
}

const decisions = ["nothing", "asItIs", "full"] as const;
