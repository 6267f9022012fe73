import type { IncomingMessage } from "node:http";
import { finished } from "node:stream/promises";
import { LiveDistError } from "../base/errors.js";

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads the body of a request. Calls `take` with the bytes of each piece that is kept. Rejects with what `tooLarge` gives (Limit)
 * as soon as it is above `bytesMax` bytes, with what `take` throws, and with Network where the body breaks off.
 */
export function readBody(
  request: IncomingMessage,
  bytesMax: number,
  take: (bytes: number) => void,
  tooLarge: (bytesMax: number) => LiveDistError = aboveLimit,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    if (Number(request.headers["content-length"]) > bytesMax) {
      reject(tooLarge(bytesMax));
      return;
    }
    // It may have broken off while something else was waited for: then it says nothing any more.
    if (request.destroyed) {
      reject(brokenOff());
      return;
    }
    request.on("data", keep);
    request.on("end", () => resolve(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)));
    request.on("error", (cause) => reject(brokenOff(cause)));

    function keep(piece: Buffer): void {
      try {
        bytes += piece.length;
        if (bytes > bytesMax) throw tooLarge(bytesMax);
        take(piece.length);
        pieces.push(piece);
      } catch (error) {
        request.off("data", keep);
        pieces.length = 0;
        const reason = error as Error;
        reject(reason);
      }
    }
  });
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

function aboveLimit(bytesMax: number): LiveDistError {
  return new LiveDistError("Limit", `the body is above ${bytesMax} bytes (REQUEST_BYTES_MAX)`);
}

function brokenOff(cause?: Error): LiveDistError {
  return new LiveDistError("Network", "the body of the request broke off", { cause });
}
