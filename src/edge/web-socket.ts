import { RECEIVED_BYTES_MAX } from "../base/limits.js";
import type { WebSocketLike } from "../plugs/web-socket-like.js";

export type WebSocketConstructor = new (url: string) => WebSocketLike;

/** Opens a WebSocket with the constructor given, with `ws` in Node, and otherwise with what the browser has. */
export async function openWebSocket(url: string, given: WebSocketConstructor | undefined): Promise<WebSocketLike> {
  const socket = given ? new given(url) : isNode() ? await openWs(url) : new globalThis.WebSocket(url);
  socket.binaryType = "arraybuffer";
  return socket;
}

/** Node's own WebSocket came later than Node 20 and has no limit for a message. */
async function openWs(url: string): Promise<WebSocketLike> {
  const { WebSocket } = await import("ws");
  return new WebSocket(url, { perMessageDeflate: false, maxPayload: RECEIVED_BYTES_MAX }) as unknown as WebSocketLike;
}

function isNode(): boolean {
  const { process } = globalThis as { process?: { versions?: { node?: string } } };
  return process?.versions?.node !== undefined;
}
