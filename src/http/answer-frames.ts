import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { FRAMES_CONTENT_TYPE } from "../wire/frames.js";
import type { AnswerPiece } from "../wire/live-dist-service.js";

/**
 * Answers with frames that are made while they are sent: the next piece is asked for when the client's connection has taken
 * the one before. Status and headers go with the first piece, so that an error before it can still have a status of its own.
 *
 * Throws what making the pieces throws, and the signal's reason where it aborts; the pieces are then told to end.
 */
export async function answerFrames(
  response: ServerResponse,
  pieces: AsyncIterable<AnswerPiece>,
  signal: AbortSignal,
): Promise<void> {
  for await (const piece of pieces) {
    signal.throwIfAborted();
    if (!response.headersSent) response.setHeader("Content-Type", FRAMES_CONTENT_TYPE);
    if (!writeTogether(response, piece)) await once(response, "drain", { signal });
  }
  response.end();
}

/** Answers with frames that are there already. */
export function answerReadyFrames(response: ServerResponse, frames: readonly Uint8Array[]): void {
  response.setHeader("Content-Type", FRAMES_CONTENT_TYPE);
  response.setHeader(
    "Content-Length",
    frames.reduce((sum, frame) => sum + frame.length, 0),
  );
  writeTogether(response, frames);
  response.end();
}

/**
 * Writes buffers, which may be shared with other answers: corked, they go out in one system call without having been copied
 * together. Tells whether more may be written at once.
 */
function writeTogether(response: ServerResponse, buffers: readonly Uint8Array[]): boolean {
  response.cork();
  let hasRoom = true;
  for (const buffer of buffers) hasRoom = response.write(buffer);
  response.uncork();
  return hasRoom;
}
