import { connect, type Socket } from "node:net";
import { frameKinds, FRAME_HEADER_BYTES } from "../src/wire/frames.js";

const TEXT = 0x81;
const PONG = 0x8a;
const PING_OPCODE = 0x9;
const MASKED = 0x80;
const LENGTH_IN_2_BYTES = 126;
const HEAD_END = "\r\n\r\n";
/** Of a key that changes nothing: nobody looks at what travels here. */
const MASK = Buffer.alloc(4);

/**
 * A client that costs its process little, so that thousands fit: speaks just enough of WebSockets to open a stream and to
 * acknowledge it, and of what arrives looks at nothing but where frames begin.
 */
export class RawEdge {
  readonly #socket: Socket;
  #taken: (rows: number) => void;
  #rest: Buffer | undefined;
  #frameRest: Buffer | undefined;
  #sequence = 0;
  #acknowledged = 0;

  /** Opens a stream; `taken` is called with how many ROW frames have arrived together. */
  static open(url: string, request: object, taken: (rows: number) => void): Promise<RawEdge> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      socket.once("error", reject);
      socket.write(
        `GET /LiveDist1/Delta.config HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==${HEAD_END}`,
      );
      socket.once("data", (head: Buffer) => {
        if (!head.toString("latin1").startsWith("HTTP/1.1 101")) reject(new Error("the server opened no WebSocket"));
        socket.write(messageOf(TEXT, JSON.stringify(request)));
        // HEAD comes when the stream is open.
        socket.once("data", () => resolve(new RawEdge(socket, taken)));
      });
    });
  }

  private constructor(socket: Socket, taken: (rows: number) => void) {
    this.#socket = socket;
    this.#taken = taken;
    socket.on("data", (bytes) => this.#take(bytes));
    socket.on("close", () => (this.#taken = () => undefined));
  }

  /** Acknowledges what has arrived, if something has. */
  acknowledge(): void {
    if (this.#sequence === this.#acknowledged) return;
    this.#acknowledged = this.#sequence;
    this.#socket.write(messageOf(TEXT, `{"acknowledge":${this.#sequence}}`));
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(arrived: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, arrived]) : arrived;
    let at = 0;
    let rows = 0;
    for (;;) {
      const [from, end] = payloadAt(bytes, at) ?? [0, Infinity];
      if (end > bytes.length) break;
      if ((bytes[at]! & 0xf) === PING_OPCODE) this.#socket.write(messageOf(PONG, ""));
      else rows += this.#rowsIn(bytes.subarray(from, end));
      at = end;
    }
    this.#rest = at < bytes.length ? bytes.subarray(at) : undefined;
    if (rows > 0) this.#taken(rows);
  }

  /** Counts the ROW frames that end in a piece of what the messages hold; a frame may go on from one message to the next. */
  #rowsIn(piece: Buffer): number {
    const bytes = this.#frameRest ? Buffer.concat([this.#frameRest, piece]) : piece;
    let rows = 0;
    let at = 0;
    while (bytes.length - at >= FRAME_HEADER_BYTES) {
      const end = at + FRAME_HEADER_BYTES + bytes.readUInt32LE(at);
      if (end > bytes.length) break;
      if (bytes[at + 4] === frameKinds.ROW) rows++;
      else if (bytes[at + 4] === frameKinds.POSITION) this.#sequence = varintAt(bytes, at + FRAME_HEADER_BYTES);
      at = end;
    }
    this.#frameRest = at < bytes.length ? bytes.subarray(at) : undefined;
    return rows;
  }
}

/** Gives where the message at `at` has its payload, as far as its head is there. */
function payloadAt(bytes: Buffer, at: number): readonly [from: number, end: number] | undefined {
  const left = bytes.length - at;
  const short = left < 2 ? undefined : bytes[at + 1]!;
  if (short === undefined) return undefined;
  if (short < LENGTH_IN_2_BYTES) return [at + 2, at + 2 + short];
  if (short === LENGTH_IN_2_BYTES) return left < 4 ? undefined : [at + 4, at + 4 + bytes.readUInt16BE(at + 2)];
  // Of 8 bytes the lower 4 say all that a message here can have.
  return left < 10 ? undefined : [at + 10, at + 10 + bytes.readUInt32BE(at + 6)];
}

function varintAt(bytes: Buffer, from: number): number {
  let value = 0;
  for (let at = from, unit = 1; ; at++, unit *= 128) {
    value += (bytes[at]! & 127) * unit;
    if (bytes[at]! < 128) return value;
  }
}

/** Gives a message of a client, of at most 65,535 bytes. */
function messageOf(head: number, text: string): Buffer {
  const payload = Buffer.from(text);
  const isShort = payload.length < LENGTH_IN_2_BYTES;
  const length = isShort
    ? [MASKED | payload.length]
    : [MASKED | LENGTH_IN_2_BYTES, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.of(head, ...length), MASK, payload]);
}
