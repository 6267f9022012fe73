import { LiveDistError } from "../base/errors.js";
import type { DeltaObject } from "../delta/delta-object.js";
import type { LoadAnswer } from "./load-answer.js";
import type { Operation } from "./operations.js";

/**
 * The answer of a load, while it streams in (guide §2.2, §2.3, §2.4): a snapshot of entities and, of a PartialLoad, before them
 * the deltas still owed under the slice before. It is taken once, delta-object by delta-object or in `batches`. When the
 * iterator finishes, the Edge's position is that of the snapshot and its slice the one asked for; breaking off cancels the
 * request and leaves both. The iterator rejects with Network where the answer is cut short, with Request where it does not
 * bring `count` entities, and with Closed where it was aborted.
 */
export interface Load extends AsyncIterable<DeltaObject> {
  /** The sequence-number at which this is a snapshot. */
  readonly sequence: number;
  /** Entities to come; the deltas owed are not counted. */
  readonly count: number;
  /** The tech-ids named in the request that the server does not hold: to be removed. Empty but for `syncLoad` with tech-ids and `loadEntities`. */
  readonly gone: readonly string[];
  /**
   * Gives the same delta-objects in arrays as they arrive, which is faster: entities are CREATEs without `sequence`, to be put
   * over what is held; deltas owed have their `sequence`.
   */
  batches(): AsyncIterable<readonly DeltaObject[]>;
  /** Gives the load up before it was iterated; afterwards it has no effect. */
  cancel(): void;
}

/** What a load needs of the Edge that began it. */
export interface LoadContext {
  readonly operation: Operation;
  /** Called once, when everything has arrived. */
  finished(): void;
  /** Gives back an error that the load ends with, having noted what it says of the connection. */
  noticed(error: unknown): unknown;
}

/** The load that an answer brings. */
export class AnsweredLoad implements Load {
  readonly sequence: number;
  readonly count: number;
  readonly gone: readonly string[];
  readonly #answer: LoadAnswer;
  readonly #context: LoadContext;
  #isTaken = false;

  constructor(answer: LoadAnswer, context: LoadContext) {
    this.sequence = answer.head.sequence;
    this.count = answer.count;
    this.gone = answer.gone;
    this.#answer = answer;
    this.#context = context;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<DeltaObject, void, undefined> {
    for await (const deltas of this.batches()) for (const delta of deltas) yield delta;
  }

  async *batches(): AsyncGenerator<readonly DeltaObject[], void, undefined> {
    if (this.#isTaken) throw new LiveDistError("Request", "a load can be iterated only once");
    this.#isTaken = true;
    try {
      yield* this.#answer.batches();
      this.#context.finished();
    } catch (error) {
      throw this.#context.noticed(error);
    } finally {
      this.cancel();
    }
  }

  cancel(): void {
    this.#isTaken = true;
    this.#answer.cancel();
    this.#context.operation.end();
  }
}
