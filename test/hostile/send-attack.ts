import { once } from "node:events";
import { connect } from "node:net";

/**
 * After this, and once the server has answered somebody else, a connection that it has not closed is cut: it may rightly wait for
 * the rest of what was begun.
 */
const WAIT_MS = 250;

/** Sends bytes on a connection of its own, and nothing behind them. Gives all that came back. */
export async function sendAttack(port: number, bytes: Buffer): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const cut = setTimeout(() => {
    void fetch(`http://127.0.0.1:${port}/healthz`).finally(() => socket.destroy());
  }, WAIT_MS);
  // Who is refused in the middle of sending is told by a reset.
  socket.on("error", () => undefined);
  socket.on("data", (piece) => pieces.push(piece));
  socket.end(bytes);
  await once(socket, "close");
  clearTimeout(cut);
  return Buffer.concat(pieces);
}
