import { RECEIVED_BYTES_MAX } from "../base/limits.js";
import type { WebSocketLike } from "../plugs/web-socket-like.js";

export type WebSocketConstructor = new (url: string, subprotocols?: string[]) => WebSocketLike;

/** Opens a WebSocket with the constructor given, with `ws` in Node, and otherwise with what the browser has. */
export async function openWebSocket(
  url: string,
  given: WebSocketConstructor | undefined,
  subprotocols: string[] = [],
): Promise<WebSocketLike> {
  const socket = given
    ? new given(url, subprotocols)
    : isNode()
      ? await openWs(url, subprotocols)
      : new globalThis.WebSocket(url, subprotocols);
  socket.binaryType = "arraybuffer";
  return socket;
}

/** Node's own WebSocket came later than Node 20 and has no limit for a message. */
async function openWs(url: string, subprotocols: string[]): Promise<WebSocketLike> {
  const { WebSocket } = await import("ws");
  const options = { perMessageDeflate: false, maxPayload: RECEIVED_BYTES_MAX };
  return new WebSocket(url, subprotocols, options) as unknown as WebSocketLike;
}

function isNode(): boolean {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  return process?.versions?.node !== undefined;
}
