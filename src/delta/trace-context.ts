import { ByteReader } from "../base/byte-reader.js";

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;
/** What a delta-buffer takes for the span of the transaction that appended it. */
export const TRACE_BYTES = TRACE_ID_BYTES + SPAN_ID_BYTES + 1;

/** A span as others refer to it (W3C Trace Context): a SpanContext of OpenTelemetry is one. Ids are lower-case hexadecimal. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

/** Gives a span as it stands in a delta-buffer; undefined for what is not well-formed, since no delta is refused for it. */
export function traceToBytes({ traceId, spanId, traceFlags }: TraceContext): Uint8Array | undefined {
  const hex = traceId + spanId;
  if (traceId.length !== 2 * TRACE_ID_BYTES || !/^[0-9a-f]{48}$/.test(hex)) return undefined;
  const bytes = new Uint8Array(TRACE_BYTES);
  for (let at = 0; at < TRACE_BYTES - 1; at++) bytes[at] = parseInt(hex.slice(2 * at, 2 * at + 2), 16);
  bytes[TRACE_BYTES - 1] = traceFlags;
  return bytes;
}

/** Reads a span as it stands in a delta-buffer. Throws DeltaBufferError where the bytes are too few. */
export function traceFromBytes(bytes: Uint8Array): TraceContext {
  const reader = new ByteReader(bytes);
  return { traceId: hexOf(reader, TRACE_ID_BYTES), spanId: hexOf(reader, SPAN_ID_BYTES), traceFlags: reader.u8() };
}

function hexOf(reader: ByteReader, count: number): string {
  let hex = "";
  for (let left = count; left > 0; left--) hex += reader.u8().toString(16).padStart(2, "0");
  return hex;
}
