import type { Clock } from "../base/clock.js";
import { endFrame, goneFrame, headFrame, type Head } from "../wire/frames.js";
import type { AnswerPiece } from "../wire/live-dist-service.js";
import { bodyFrames } from "./body-frames.js";
import type { MayGive } from "./body-reader.js";
import type { CacheSelection } from "./cache-selection.js";
import { entityNames } from "./entity-names.js";
import { EntityPieces, FRAME_BYTES } from "./entity-pieces.js";

const noBytes = new Uint8Array(0);

/** What a load found. */
export interface LoadAnswer {
  /** The sequence-number at which it is a snapshot. */
  readonly sequence: number;
  readonly selection: CacheSelection;
  /** Whether the entities are only named: by DELETE delta-objects. */
  readonly namesOnly?: boolean;
  /** The stamp that is in force from then on: of a registered client only. */
  readonly stamp?: string;
  /** Tech-ids that the client named and that are not held, 16 bytes each. */
  readonly gone?: Uint8Array;
  /** ROW frames that the client was still owed under its slice before. */
  readonly owed?: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** Decides on bodies that are read when they are sent. Default: all may be given. */
  readonly mayGive?: MayGive;
}

/** How far a load has come. */
export interface LoadProgress {
  entities: number;
}

/** Bytes of one GONE frame. */
const GONE_BYTES = 64 * 1024;

/**
 * Gives the answer of a load in pieces: HEAD, GONE*, ROW*, ENTITIES*, END. Between two pieces other work gets its turn; the
 * entities are those of the selection, whatever is written meanwhile. Those of which the cache holds only the headers are read
 * in batches, nothing being held at the database while pieces wait to be taken; rejects where that fails.
 */
export async function* loadFrames(
  where: Pick<Head, "epoch" | "connectedToCenter">,
  answer: LoadAnswer,
  clock: Clock,
  progress: LoadProgress = { entities: 0 },
): AsyncGenerator<AnswerPiece> {
  const { sequence, selection, stamp, gone = noBytes, owed = [], namesOnly = false } = answer;
  yield [headFrame({ ...where, sequence, count: selection.count, ...(stamp !== undefined && { stamp }) })];
  for (let at = 0; at < gone.length; at += GONE_BYTES) yield [goneFrame(gone.subarray(at, at + GONE_BYTES))];
  for await (const frame of owed) yield [frame];
  const turn = (): Promise<void> => new Promise((resolve) => clock.soon(resolve));
  yield* namesOnly ? namePieces(selection, turn) : entityPieces(answer, turn, progress);
  progress.entities = selection.count;
  yield [endFrame()];
}

async function* entityPieces(
  { selection, mayGive = all }: LoadAnswer,
  turn: () => Promise<void>,
  progress: LoadProgress,
): AsyncGenerator<AnswerPiece> {
  const { bodies } = selection;
  const pieces = new EntityPieces(selection);
  do {
    const piece = pieces.next();
    progress.entities = pieces.count;
    if (piece.length > 0) yield piece;
    await turn();
    if (bodies === undefined || !(pieces.hasManyHeaders || pieces.isAtEnd)) continue;
    for await (const read of bodies.readAll(pieces.takeHeaders(), mayGive)) yield* framesOf(read);
  } while (!pieces.isAtEnd);
}

function* framesOf(records: Parameters<typeof bodyFrames>[0]): Generator<AnswerPiece> {
  for (const frame of bodyFrames(records, FRAME_BYTES)) yield [frame];
}

async function* namePieces(selection: CacheSelection, turn: () => Promise<void>): AsyncGenerator<AnswerPiece> {
  for (const piece of framesOf(entityNames(selection))) {
    yield piece;
    await turn();
  }
}

const all = (): boolean => true;
