import { LiveDistError } from "../base/errors.js";
import { GUID_BYTES } from "../base/guid.js";
import type { DeltaObject } from "../delta/delta-object.js";
import type { Head } from "../wire/frames.js";
import type { Position } from "../wire/requests.js";
import { type AnswerFrames, unexpectedFrame } from "./answer-frames.js";
import type { KnownSchemas } from "./known-schemas.js";
import { Rows } from "./rows.js";
import type { Skips } from "./skips.js";
import { checkEpoch } from "./standing.js";
import { unpackTechIds } from "./tech-ids.js";

/** What may stand in the answer of one kind of load. */
export interface LoadShape {
  /** The oper of its entities. */
  readonly oper: "CREATE" | "DELETE";
  /** Whether the HEAD must have a stamp. */
  readonly isStamped: boolean;
  /** Tech-ids named in the request, of which the server may say that it does not hold them. Absent: none. */
  readonly techIds?: Uint8Array;
  /** A PartialLoad: the deltas owed since a position come first, without what is skipped. */
  readonly owed?: { readonly position: Position; readonly skips: Skips };
  /** Where the client goes on standing: the answer is of that epoch, and not before it. */
  readonly since?: Position;
  /** Bytes of entities at most, where the answer is held as a whole. */
  readonly bytesMax?: number;
}

/** The answer of a load, read frame by frame: HEAD, GONE*, ROW*, ENTITIES*, END. */
export class LoadAnswer {
  readonly head: Head;
  /** Entities to come. */
  readonly count: number;
  readonly gone: readonly string[];
  readonly #frames: AnswerFrames;
  readonly #shape: LoadShape;
  readonly #schemas: KnownSchemas;
  readonly #signal: AbortSignal;

  /** Reads up to where the delta-objects begin. Rejects as the frames do, and with Request where the shape is another. */
  static async begin(
    frames: AnswerFrames,
    shape: LoadShape,
    schemas: KnownSchemas,
    signal: AbortSignal,
  ): Promise<LoadAnswer> {
    const head = await frames.head();
    checkHead(head, shape);
    const gone = shape.techIds ? await readGone(frames, shape.techIds) : [];
    return new LoadAnswer(head, gone, frames, shape, schemas, signal);
  }

  private constructor(
    head: Head,
    gone: readonly string[],
    frames: AnswerFrames,
    shape: LoadShape,
    schemas: KnownSchemas,
    signal: AbortSignal,
  ) {
    this.head = head;
    this.count = head.count!;
    this.gone = gone;
    this.#frames = frames;
    this.#shape = shape;
    this.#schemas = schemas;
    this.#signal = signal;
  }

  /** Gives the delta-objects as they arrive, those owed first, each of these with its sequence-number. Reads to the end. */
  async *batches(): AsyncGenerator<readonly DeltaObject[], void, undefined> {
    const { owed } = this.#shape;
    if (owed) yield* this.#owed(owed);
    yield* this.#entities();
    await this.#frames.finish();
  }

  /** Gives all delta-objects at once. */
  async all(): Promise<DeltaObject[]> {
    const all: DeltaObject[] = [];
    for await (const deltas of this.batches()) for (const delta of deltas) all.push(delta);
    return all;
  }

  /** Gives up the rest. */
  cancel(): void {
    this.#frames.cancel();
  }

  async *#owed({
    position,
    skips,
  }: NonNullable<LoadShape["owed"]>): AsyncGenerator<readonly DeltaObject[], void, undefined> {
    const rows = new Rows(position.sequence, this.#schemas, this.#signal);
    for (;;) {
      const frame = await this.#frames.peek();
      if (frame.kind !== "ROW" && frame.kind !== "SPAN") break;
      await this.#frames.next();
      if (frame.kind === "SPAN") continue;
      const deltas = skips.filter(await rows.decode(frame), position.sequence);
      if (deltas.length > 0) yield deltas;
    }
    rows.checkEnd(this.head.sequence);
  }

  async *#entities(): AsyncGenerator<readonly DeltaObject[], void, undefined> {
    const { oper, bytesMax = Infinity } = this.#shape;
    let received = 0;
    let bytes = 0;
    for (;;) {
      const frame = await this.#frames.next();
      if (frame.kind === "END") break;
      if (frame.kind !== "ENTITIES") throw unexpectedFrame(frame);
      bytes += frame.deltaBuffer.length;
      if (bytes > bytesMax) throw new LiveDistError("Limit", `the entities have more than ${bytesMax} bytes`);
      const deltas = await this.#schemas.decode(frame.deltaBuffer, this.#signal);
      received += deltas.length;
      if (received > this.count) throw malformed(`brought more than the ${this.count} entities it announced`);
      const other = deltas.find((delta) => delta.oper !== oper);
      if (other) throw malformed(`brought a delta-object with the oper ${other.oper}`);
      yield deltas;
    }
    if (received < this.count) throw malformed(`brought ${received} of the ${this.count} entities it announced`);
  }
}

function checkHead(head: Head, { isStamped, owed, since = owed?.position }: LoadShape): void {
  if (head.count === undefined) throw malformed("has no count in its HEAD");
  if (isStamped && head.stamp === undefined) throw malformed("of a registered client has no stamp in its HEAD");
  if (!since) return;
  checkEpoch(head, since);
  if (head.sequence < since.sequence) throw malformed("goes back behind the client's position");
}

async function readGone(frames: AnswerFrames, named: Uint8Array): Promise<string[]> {
  const gone: string[] = [];
  for (;;) {
    const frame = await frames.peek();
    if (frame.kind !== "GONE") return gone;
    await frames.next();
    if (gone.length * GUID_BYTES + frame.techIds.length > named.length)
      throw malformed("says of more tech-ids than were named that they are gone");
    for (const techId of unpackTechIds(frame.techIds)) gone.push(techId);
  }
}

function malformed(what: string): LiveDistError {
  return new LiveDistError("Request", `a load ${what}`);
}
