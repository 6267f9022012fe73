import type { DeltaObject } from "../delta/delta-object.js";

/**
 * What is not given out although the server sends it: deltas of unregistered entities that stand in the log before the
 * sequence-number at which the server unregistered them. What it gives at that point anew, for this client alone, counts.
 */
export class Skips {
  readonly #sequences = new Map<string, number>();
  #lastSequence = 0;

  /** Skips the deltas of entities up to and including a sequence-number. */
  add(techIds: Iterable<string>, sequence: number): void {
    for (const techId of techIds) this.#sequences.set(techId, sequence);
    this.#lastSequence = Math.max(this.#lastSequence, sequence);
  }

  /** Gives what is left of the deltas that follow a position. */
  filter(deltas: readonly DeltaObject[], afterSequence: number): readonly DeltaObject[] {
    // Not before the position is asked from: who was given a batch may still go back to the position before it.
    if (this.#lastSequence <= afterSequence) this.clear();
    if (this.#sequences.size === 0) return deltas;
    return deltas.filter(({ techId, sequence = 0, forThisClientAlone }) => {
      const through = this.#sequences.get(techId) ?? 0;
      // What an earlier call was given alone, which was not answered, is taken back by the later one as all before it.
      return sequence > through || (forThisClientAlone && sequence === through);
    });
  }

  /** Skips nothing any more: the client's registration is a new one. */
  clear(): void {
    this.#sequences.clear();
    this.#lastSequence = 0;
  }
}
