import type { WebSocket } from "ws";
import { LiveDistError } from "../base/errors.js";

/**
 * Sends frames as one binary message, or as one for each fragment; resolves when the operating system has taken it all, rejects
 * with Network where the socket closes before. It goes in fragments, so that a ping or a close does not wait behind many megabytes.
 */
export async function sendMessage(
  socket: WebSocket,
  frames: readonly Uint8Array[],
  fragmentBytesMax: number,
  grouping: "one" | "onePerFragment" = "one",
): Promise<void> {
  const message = frames.length === 1 ? frames[0]! : Buffer.concat(frames);
  let at = 0;
  do {
    const end = Math.min(at + fragmentBytesMax, message.length);
    await sendFragment(socket, message.subarray(at, end), grouping === "onePerFragment" || end === message.length);
    at = end;
  } while (at < message.length);
}

function sendFragment(socket: WebSocket, bytes: Uint8Array, isLast: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(bytes, { binary: true, fin: isLast }, (error) => {
      if (error) reject(new LiveDistError("Network", "the client went away", { cause: error }));
      else resolve();
    });
  });
}
