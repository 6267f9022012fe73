import { ByteReader } from "../base/byte-reader.js";
import type { ByteWriter } from "../base/byte-writer.js";
import { DeltaBufferError } from "../base/errors.js";
import { bytesToGuid, guidToBytes } from "../base/guid.js";
import { FIELDS_MAX } from "../base/limits.js";
import { operName, operNumbers, type Oper } from "./oper.js";
import type { FieldVersions, PartFieldPath, Version } from "./version.js";

/** The bits of the flags byte. */
export const deltaFlags = {
  inCache: 1,
  leaves: 2,
  takesSynchronized: 4,
  forThisClientAlone: 8,
  oldTopicsListed: 16,
  oldTopicsSame: 32,
  fieldVersions: 64,
} as const;

/** The header of a delta-object as it goes onto the wire: everything that servers decide on. */
export interface DeltaHeader {
  readonly oper: Oper;
  readonly flags: number;
  /** The index of the delta-class in the schema. */
  readonly classIndex: number;
  readonly version: Version;
  readonly updateTimeMs: number;
  readonly topics: readonly string[];
  readonly oldTopics: readonly string[] | null;
  readonly fieldVersions: readonly FieldVersions[];
}

/**
 * A delta-object where it stands in a delta-buffer, its header read and the rest left as bytes (protocol: delta-object).
 *
 *     start … operAt … techIdAt … structureAt … bodyAt … end
 */
export interface EncodedDelta extends DeltaHeader {
  readonly bytes: Uint8Array;
  /** Offset of the first byte, where the size stands. */
  readonly start: number;
  /** Offset of the oper byte; the flags follow it. */
  readonly operAt: number;
  /** Offset of the 16 bytes of the tech-id. */
  readonly techIdAt: number;
  /** Offset of the structure: which fields are there, and the lengths of their values. */
  readonly structureAt: number;
  /** Offset of the body: the values. Servers never look at its bytes. */
  readonly bodyAt: number;
  readonly end: number;
}

export const TECH_ID_BYTES = 16;

/** Reads the header of the delta-object at the reader's offset and steps over the rest. Throws DeltaBufferError. */
export function readEncodedDelta(reader: ByteReader): EncodedDelta {
  const start = reader.offset;
  const size = reader.count(1);
  const operAt = reader.skip(size);
  const end = reader.offset;
  const header = new ByteReader(reader.bytes, operAt, end);
  const oper = operName(header.u8());
  if (oper === undefined) throw new DeltaBufferError("unknown oper");
  const flags = header.u8();
  const classIndex = header.varint();
  const techIdAt = header.skip(TECH_ID_BYTES);
  const version = readVersion(header);
  const updateTimeMs = version.timeMs + header.zigzag();
  const topics = readStrings(header);
  const oldTopics =
    flags & deltaFlags.oldTopicsSame ? topics : flags & deltaFlags.oldTopicsListed ? readStrings(header) : null;
  const fieldVersions = flags & deltaFlags.fieldVersions ? readFieldVersions(header) : noFieldVersions;
  const structureBytes = header.count(1);
  const structureAt = header.skip(structureBytes);
  const bodyAt = header.offset;
  return {
    bytes: reader.bytes,
    start,
    operAt,
    techIdAt,
    structureAt,
    bodyAt,
    end,
    oper,
    flags,
    classIndex,
    version,
    updateTimeMs,
    topics,
    oldTopics,
    fieldVersions,
  };
}

const noFieldVersions: readonly FieldVersions[] = [];

/** Writes header fields from the oper to the field versions; size, structure and body are the caller's. */
export function writeHeader(writer: ByteWriter, header: DeltaHeader, techId: Uint8Array): void {
  const { oldTopics, topics, fieldVersions, version } = header;
  const same = oldTopics !== null && sameTopics(topics, oldTopics);
  const derived =
    (oldTopics === null ? 0 : same ? deltaFlags.oldTopicsSame : deltaFlags.oldTopicsListed) |
    (fieldVersions.length > 0 ? deltaFlags.fieldVersions : 0);
  writer.u8(operNumbers[header.oper]);
  writer.u8((header.flags & givenFlags) | derived);
  writer.varint(header.classIndex);
  writer.bytes(techId);
  writeVersion(writer, version);
  writer.zigzag(header.updateTimeMs - version.timeMs);
  writeStrings(writer, topics);
  if (oldTopics !== null && !same) writeStrings(writer, oldTopics);
  if (fieldVersions.length > 0) writeFieldVersions(writer, fieldVersions);
}

const givenFlags =
  deltaFlags.inCache | deltaFlags.leaves | deltaFlags.takesSynchronized | deltaFlags.forThisClientAlone;

/** Tells whether two topics-lists hold the same topics in the same order. */
export function sameTopics(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((topic, at) => topic === b[at]));
}

function readStrings(reader: ByteReader): string[] {
  const count = reader.count(1);
  const strings: string[] = [];
  for (let at = 0; at < count; at++) strings.push(reader.string());
  return strings;
}

function writeStrings(writer: ByteWriter, strings: readonly string[]): void {
  writer.varint(strings.length);
  for (const text of strings) writer.string(text);
}

function readVersion(reader: ByteReader): Version {
  return { timeMs: reader.varint(), counter: reader.varint(), site: reader.string() };
}

function writeVersion(writer: ByteWriter, { timeMs, counter, site }: Version): void {
  writer.varint(timeMs);
  writer.varint(counter);
  writer.string(site);
}

const GROUP_BYTES_MIN = 5;

function readFieldVersions(reader: ByteReader): FieldVersions[] {
  const count = reader.count(GROUP_BYTES_MIN);
  const groups: FieldVersions[] = [];
  for (let at = 0; at < count; at++) {
    groups.push({ version: readVersion(reader), fields: readFieldSet(reader), partFields: readPaths(reader) });
  }
  return groups;
}

function writeFieldVersions(writer: ByteWriter, groups: readonly FieldVersions[]): void {
  writer.varint(groups.length);
  for (const { version, fields, partFields } of groups) {
    writeVersion(writer, version);
    writeFieldSet(writer, fields);
    writePaths(writer, partFields ?? []);
  }
}

const FIELD_SET_BYTES_MAX = Math.ceil(FIELDS_MAX / 8);

/** A set of field indices is a bitmap behind its length in bytes. */
function readFieldSet(reader: ByteReader): number[] {
  const size = reader.count(1);
  if (size > FIELD_SET_BYTES_MAX)
    throw new DeltaBufferError(`a field set of ${size} bytes: there are not so many fields`);
  const fields: number[] = [];
  for (let at = 0; at < size; at++) {
    const byte = reader.u8();
    for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) fields.push(at * 8 + bit);
  }
  return fields;
}

function writeFieldSet(writer: ByteWriter, fields: readonly number[]): void {
  const size = fields.length === 0 ? 0 : (Math.max(...fields) >> 3) + 1;
  const bitmap = new Uint8Array(size);
  for (const field of fields) bitmap[field >> 3]! |= 1 << (field & 7);
  writer.varint(size);
  writer.bytes(bitmap);
}

const PATH_BYTES_MIN = 19;
const STEP_BYTES_MIN = 17;

/** Stands behind the steps of a path to the place of a part; no field has so large an index. */
const PLACE = FIELDS_MAX + 1;

/** A path is its steps (field, tech-id), then 0 for the part itself, PLACE, or the index of its field plus one. */
function readPaths(reader: ByteReader): PartFieldPath[] {
  const count = reader.count(PATH_BYTES_MIN);
  const paths: PartFieldPath[] = [];
  for (let at = 0; at < count; at++) {
    const stepCount = reader.count(STEP_BYTES_MIN);
    const steps: PartFieldPath["steps"][number][] = [];
    for (let step = 0; step < stepCount; step++) {
      steps.push({ field: reader.varint(), techId: bytesToGuid(reader.bytes, reader.skip(TECH_ID_BYTES)) });
    }
    const last = reader.varint();
    paths.push({ steps, field: last === 0 ? undefined : last === PLACE ? "place" : last - 1 });
  }
  return paths;
}

const guidScratch = new Uint8Array(TECH_ID_BYTES);

function writePaths(writer: ByteWriter, paths: readonly PartFieldPath[]): void {
  writer.varint(paths.length);
  for (const { steps, field } of paths) {
    writer.varint(steps.length);
    for (const step of steps) {
      writer.varint(step.field);
      guidToBytes(step.techId, guidScratch, 0);
      writer.bytes(guidScratch);
    }
    writer.varint(field === undefined ? 0 : field === "place" ? PLACE : field + 1);
  }
}
