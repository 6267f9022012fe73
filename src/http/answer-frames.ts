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
    await written(response, piece, signal);
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

/** Writes buffers; resolves when the connection has taken them, and rejects with the signal's reason where it aborts before. */
function written(response: ServerResponse, buffers: readonly Uint8Array[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    // What `write` says of room is not to be trusted while it is corked: from Node 22 on no "drain" may follow.
    writeTogether(response, buffers, () => {
      signal.removeEventListener("abort", abort);
      resolve();
    });
  });
}

/**
 * Writes buffers, which may be shared with other answers: corked, they go out in one system call without having been copied
 * together. Calls back when the connection has taken them.
 */
function writeTogether(
  response: ServerResponse,
  buffers: readonly Uint8Array[],
  onTaken: () => void = () => undefined,
): void {
  const last = buffers.length - 1;
  response.cork();
  buffers.forEach((buffer, at) => response.write(buffer, at === last ? onTaken : undefined));
  response.uncork();
  if (last < 0) onTaken();
}
