import type { AnswerPiece } from "../../src/wire/live-dist-service.js";

/** Gives the buffers of an answer's pieces, one after the other. */
export async function* answerBytes(pieces: AsyncIterable<AnswerPiece>): AsyncGenerator<Uint8Array, undefined> {
  for await (const piece of pieces) yield* piece;
}
