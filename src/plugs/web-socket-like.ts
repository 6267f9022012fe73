/** What of the WebSocket of browsers is used here; `ws` has it too. */
export interface WebSocketLike {
  binaryType: string;
  addEventListener(type: "open" | "message" | "error" | "close", listener: (event: WebSocketEvent) => void): void;
  send(message: string | Uint8Array<ArrayBuffer>): void;
  close(): void;
}

/** What of all the events is used here. */
export interface WebSocketEvent {
  /** Of a message: text or an ArrayBuffer. */
  readonly data?: unknown;
  /** Of an error in Node. */
  readonly message?: string;
  /** Of a close: why, as RFC 6455 has it; 1000 where the other side had no more to say. */
  readonly code?: number;
}
