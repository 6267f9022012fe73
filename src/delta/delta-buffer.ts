import { ByteReader } from "../base/byte-reader.js";
import { BufferMemory } from "../base/buffer-memory.js";
import type { ByteWriter } from "../base/byte-writer.js";
import { DeltaBufferError, LiveDistError } from "../base/errors.js";
import { DELTA_BUFFER_BYTES_MAX } from "../base/limits.js";
import { decodeDelta, writeDelta } from "./delta-codec.js";
import type { DeltaObject } from "./delta-object.js";
import { readEncodedDelta, type EncodedDelta } from "./encoded-delta.js";
import { mapDelta } from "./map-delta.js";
import type { Schema } from "./schema.js";
import { TRACE_BYTES } from "./trace-context.js";

/** The first byte of every delta-buffer: the version of the binary format. */
export const DELTA_BUFFER_FORMAT = 1;
/** The same, with the span of the transaction behind the schema-name; in the log, 2 begins a command. */
export const TRACED_FORMAT = 3;

/** Where a reader finds the schema that a delta-buffer names. */
export interface SchemaSource {
  /** The reader's own schema: deltas come out in its classes, fields mapped by name. */
  readonly own?: Schema | undefined;
  named(schemaName: string): Schema | undefined;
}

/**
 * Encodes delta-objects, in order, into one delta-buffer (guide §4.4). Throws DeltaBufferError where a delta-object does not
 * fit the schema, Limit where the buffer gets above DELTA_BUFFER_BYTES_MAX. `trace` is the span of the transaction, TRACE_BYTES bytes.
 */
export function encodeDeltaBuffer(
  schema: Schema,
  deltas: Iterable<DeltaObject>,
  trace?: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const memory = buffers.begin();
  const { writer, start } = memory;
  writeBufferHead(writer, schema.name, trace);
  for (const delta of deltas) {
    writeDelta(writer, schema, delta);
    if (writer.length - start > DELTA_BUFFER_BYTES_MAX) {
      throw new LiveDistError(
        "Limit",
        `a transaction's delta-buffer is above ${DELTA_BUFFER_BYTES_MAX} bytes (DELTA_BUFFER_BYTES_MAX); split the transaction`,
      );
    }
  }
  return buffers.end(memory);
}

const buffers = new BufferMemory();

/** Writes what stands in front of the delta-objects. */
export function writeBufferHead(writer: ByteWriter, schemaName: string, trace?: Uint8Array): void {
  writer.u8(trace === undefined ? DELTA_BUFFER_FORMAT : TRACED_FORMAT);
  writer.string(schemaName);
  if (trace !== undefined) writer.bytes(trace);
}

/**
 * Decodes a delta-buffer that may come from anywhere. Gives the delta-objects in order, in the classes of the reader's own
 * schema where it has a class of that name, and with the sequence-number of their transaction where one is given. Throws
 * DeltaBufferError for bytes that are no delta-buffer, UnknownSchema where the schema-name is not known.
 */
export function decodeDeltaBuffer(schemas: Schema | SchemaSource, bytes: Uint8Array, sequence?: number): DeltaObject[] {
  const source = "named" in schemas ? schemas : ownOnly(schemas);
  const { schemaName, reader } = readBufferHead(bytes);
  const schema = source.own?.name === schemaName ? source.own : source.named(schemaName);
  if (schema === undefined)
    throw new LiveDistError("UnknownSchema", `a delta-buffer names the schema ${schemaName}, which is not known here`);
  const deltas: DeltaObject[] = [];
  while (reader.remaining > 0) {
    const delta = decodeDelta(readEncodedDelta(reader), schema, sequence);
    deltas.push(source.own === undefined || source.own === schema ? delta : mapDelta(delta, source.own));
  }
  return deltas;
}

const noneNamed = (): undefined => undefined;

function ownOnly(own: Schema): SchemaSource {
  return { own, named: noneNamed };
}

/** Gives the schema-name of a delta-buffer. Throws DeltaBufferError. */
export function schemaNameOf(bytes: Uint8Array): string {
  return readBufferHead(bytes).schemaName;
}

/** Gives the span of the transaction that a delta-buffer comes from, TRACE_BYTES bytes of it, where it says one. Throws DeltaBufferError. */
export function traceOf(bytes: Uint8Array): Uint8Array | undefined {
  return bytes[0] === TRACED_FORMAT ? readBufferHead(bytes).trace : undefined;
}

/** What a server reads of a delta-buffer: the headers. */
export interface EncodedDeltaBuffer {
  readonly schemaName: string;
  readonly deltas: readonly EncodedDelta[];
}

/** Reads the headers of a delta-buffer's delta-objects, and no byte of their fields. Throws DeltaBufferError. */
export function readEncodedDeltaBuffer(bytes: Uint8Array): EncodedDeltaBuffer {
  const { schemaName, reader } = readBufferHead(bytes);
  const deltas: EncodedDelta[] = [];
  while (reader.remaining > 0) deltas.push(readEncodedDelta(reader));
  return { schemaName, deltas };
}

interface BufferHead {
  readonly schemaName: string;
  readonly trace: Uint8Array | undefined;
  /** Stands before the first delta-object. */
  readonly reader: ByteReader;
}

function readBufferHead(bytes: Uint8Array): BufferHead {
  const reader = new ByteReader(bytes);
  const format = reader.u8();
  if (format !== DELTA_BUFFER_FORMAT && format !== TRACED_FORMAT) {
    const known = `${DELTA_BUFFER_FORMAT} and ${TRACED_FORMAT}`;
    throw new DeltaBufferError(`a delta-buffer of format ${format}; this version reads ${known}`);
  }
  const schemaName = reader.string();
  return { schemaName, trace: format === TRACED_FORMAT ? reader.view(TRACE_BYTES) : undefined, reader };
}
