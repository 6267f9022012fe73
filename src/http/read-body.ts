import type { IncomingMessage } from "node:http";
import { finished } from "node:stream/promises";
import { LiveDistError } from "../base/errors.js";

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Reads the body of a request. Throws Limit as soon as it is above `bytesMax` bytes and Network where the body breaks off. */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<Uint8Array> {
  if (Number(request.headers["content-length"]) > bytesMax) throw tooLarge(bytesMax);
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of piecesOf(request)) {
    bytes += piece.length;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** Gives the bytes of a body as text. Throws Request where they are not UTF-8. */
export function textOf(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw new LiveDistError("Request", "the body must be UTF-8", { cause: error });
  }
}

/** Reads the rest of a request and throws it away. An answer that overtakes it can be lost: closing would reset the connection. */
export async function skipBody(request: IncomingMessage): Promise<void> {
  request.resume();
  // Where it breaks off, nobody waits for the answer.
  await finished(request).catch(() => undefined);
}

async function* piecesOf(request: IncomingMessage): AsyncIterable<Buffer> {
  try {
    // By default, a loop that is left early destroys the socket, before the error could be answered.
    yield* request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  } catch (error) {
    throw new LiveDistError("Network", "the body of the request broke off", { cause: error });
  }
}

function tooLarge(bytesMax: number): LiveDistError {
  return new LiveDistError("Limit", `the body is above ${bytesMax} bytes (REQUEST_BYTES_MAX)`);
}
