import { ByteReader } from "../base/byte-reader.js";
import { ByteWriter } from "../base/byte-writer.js";
import { fromWireError, LiveDistError, toWireError } from "../base/errors.js";
import { GUID_BYTES } from "../base/guid.js";
import { FRAME_BYTES_MAX } from "../base/limits.js";

/**
 * Every binary answer is a row of frames: four bytes length of the payload (little-endian), one byte kind, the payload.
 *
 *     load:        HEAD, GONE*, SPAN*, ROW*, ENTITIES*, END
 *     FetchDeltas: HEAD, SPAN*, ROW*, POSITION
 *     stream:      HEAD, (SPAN*, ROW*, POSITION)*
 *
 * An ERROR may stand in place of any of them and ends the answer. Where an answer that is not binary comes over a WebSocket, it
 * is one frame, JSON.
 */
export const frameKinds = {
  HEAD: 1,
  ENTITIES: 2,
  ROW: 3,
  POSITION: 4,
  END: 5,
  ERROR: 6,
  GONE: 7,
  JSON: 8,
  SPAN: 9,
} as const;

export const FRAME_HEADER_BYTES = 5;

/** The content type of an answer made of frames. */
export const FRAMES_CONTENT_TYPE = "application/vnd.livedist.frames";

/** What stands first in every answer. */
export interface Head {
  /** The epoch in which the answer was made. */
  readonly epoch: string;
  /** A load: the sequence at which it is a snapshot. Otherwise the position from which the deltas go on. */
  readonly sequence: number;
  /** A load: how many entities are to come. */
  readonly count?: number;
  readonly connectedToCenter: boolean;
  /** A load of a registered client: the stamp that is in force from then on. */
  readonly stamp?: string;
}

export type Frame =
  | { readonly kind: "HEAD"; readonly head: Head }
  | { readonly kind: "ENTITIES"; readonly deltaBuffer: Uint8Array }
  | { readonly kind: "ROW"; readonly sequence: number; readonly deltaBuffer: Uint8Array }
  | { readonly kind: "POSITION"; readonly sequence: number; readonly connectedToCenter: boolean }
  | { readonly kind: "END" }
  /** Tech-ids that the client named and the server does not hold, 16 bytes each. */
  | { readonly kind: "GONE"; readonly techIds: Uint8Array }
  | { readonly kind: "ERROR"; readonly error: LiveDistError }
  /** What follows up to `to` was received as one load: whoever stands between is not told what was in between. */
  | { readonly kind: "SPAN"; readonly from: number; readonly to: number }
  | { readonly kind: "JSON"; readonly json: unknown };

const encoder = new TextEncoder();

function frame(kind: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(FRAME_HEADER_BYTES + payload.length);
  writer.u32(payload.length);
  writer.u8(kind);
  writer.bytes(payload);
  return writer.view();
}

export function headFrame(head: Head): Uint8Array<ArrayBuffer> {
  return frame(frameKinds.HEAD, encoder.encode(JSON.stringify(head)));
}

export function errorFrame(error: unknown): Uint8Array<ArrayBuffer> {
  return frame(frameKinds.ERROR, encoder.encode(JSON.stringify(toWireError(error))));
}

/** Tells whether bytes that begin with a frame begin with an error. */
export function beginsWithError(bytes: Uint8Array): boolean {
  return bytes.length > FRAME_HEADER_BYTES && bytes[FRAME_HEADER_BYTES - 1] === frameKinds.ERROR;
}

export function positionFrame(sequence: number, connectedToCenter: boolean): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(16);
  writer.varint(sequence);
  writer.u8(connectedToCenter ? 1 : 0);
  return frame(frameKinds.POSITION, writer.view());
}

export function endFrame(): Uint8Array<ArrayBuffer> {
  return frame(frameKinds.END, new Uint8Array(0));
}

export function goneFrame(techIds: Uint8Array): Uint8Array<ArrayBuffer> {
  return frame(frameKinds.GONE, techIds);
}

export function spanFrame(from: number, to: number): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(16);
  writer.varint(from);
  writer.varint(to);
  return frame(frameKinds.SPAN, writer.view());
}

export function jsonFrame(json: object): Uint8Array<ArrayBuffer> {
  return frame(frameKinds.JSON, encoder.encode(JSON.stringify(json)));
}

/** Writes the five bytes in front of a payload of which the length is not known yet; `finishFrame` puts it in. */
export function beginFrame(writer: ByteWriter, kind: "ENTITIES" | "ROW"): number {
  const at = writer.length;
  writer.u32(0);
  writer.u8(frameKinds[kind]);
  return at;
}

/** Puts in the length of a payload, of which the last `bytesBehind` bytes stand elsewhere. */
export function finishFrame(writer: ByteWriter, at: number, bytesBehind = 0): void {
  writer.setU32(at, writer.length - at - FRAME_HEADER_BYTES + bytesBehind);
}

/**
 * Takes the bytes of an answer in pieces as they arrive and gives the frames that are complete. Owns no socket.
 * Throws Request for what is not a frame and Limit for a length above FRAME_BYTES_MAX; do not push after that.
 */
export class FrameReader {
  #rest: Uint8Array = new Uint8Array(0);
  #pieces: Uint8Array[] = [];
  #missing = 0;

  /** Gives the frames that `bytes` completes. Views into `bytes` may be kept by them: do not write to it afterwards. */
  push(bytes: Uint8Array): Frame[] {
    if (this.#pieces.length > 0) {
      this.#pieces.push(bytes);
      this.#missing -= bytes.length;
      if (this.#missing > 0) return [];
      this.#rest = concat(this.#pieces);
      this.#pieces = [];
    } else {
      this.#rest = this.#rest.length === 0 ? bytes : concat([this.#rest, bytes]);
    }
    return this.#complete();
  }

  /** Tells whether bytes of an incomplete frame are left. */
  get isEmpty(): boolean {
    return this.#rest.length === 0 && this.#pieces.length === 0;
  }

  #complete(): Frame[] {
    const frames: Frame[] = [];
    const bytes = this.#rest;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (bytes.length - at >= FRAME_HEADER_BYTES) {
      const size = view.getUint32(at, true);
      if (size > FRAME_BYTES_MAX) throw new LiveDistError("Limit", `a frame of ${size} bytes is above FRAME_BYTES_MAX`);
      const end = at + FRAME_HEADER_BYTES + size;
      if (end > bytes.length) {
        // The pieces of a large frame are kept apart until it is complete, so that it is copied once and not at each piece.
        this.#missing = end - bytes.length;
        this.#pieces = [bytes.subarray(at)];
        this.#rest = new Uint8Array(0);
        return frames;
      }
      frames.push(readFrame(bytes[at + 4]!, bytes.subarray(at + FRAME_HEADER_BYTES, end)));
      at = end;
    }
    this.#rest = bytes.subarray(at);
    return frames;
  }
}

function readFrame(kind: number, payload: Uint8Array): Frame {
  switch (kind) {
    case frameKinds.HEAD:
      return { kind: "HEAD", head: readJson(payload) as Head };
    case frameKinds.ENTITIES:
      return { kind: "ENTITIES", deltaBuffer: payload };
    case frameKinds.ROW: {
      const reader = new ByteReader(payload);
      const sequence = reader.varint();
      return { kind: "ROW", sequence, deltaBuffer: payload.subarray(reader.offset) };
    }
    case frameKinds.POSITION: {
      const reader = new ByteReader(payload);
      return { kind: "POSITION", sequence: reader.varint(), connectedToCenter: reader.u8() === 1 };
    }
    case frameKinds.SPAN: {
      const reader = new ByteReader(payload);
      return { kind: "SPAN", from: reader.varint(), to: reader.varint() };
    }
    case frameKinds.END:
      return { kind: "END" };
    case frameKinds.GONE:
      if (payload.length % GUID_BYTES !== 0) throw new LiveDistError("Request", "a GONE frame holds half a tech-id");
      return { kind: "GONE", techIds: payload };
    case frameKinds.ERROR:
      return { kind: "ERROR", error: fromWireError(readJson(payload) as Parameters<typeof fromWireError>[0]) };
    case frameKinds.JSON:
      return { kind: "JSON", json: readJson(payload) };
    default:
      throw new LiveDistError("Request", `unknown frame kind ${kind}: the server is newer than this client`);
  }
}

function readJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch (error) {
    throw new LiveDistError("Request", "a frame does not hold JSON", { cause: error });
  }
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
