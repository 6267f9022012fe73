import { ByteInterner } from "../base/byte-interner.js";
import type { ByteReader } from "../base/byte-reader.js";
import type { ByteWriter } from "../base/byte-writer.js";
import { DeltaBufferError } from "../base/errors.js";
import { FIELDS_MAX } from "../base/limits.js";
import { decodeUtf8 } from "../base/utf8.js";
import { operName, operNumbers, type Oper } from "./oper.js";
import { readTopics } from "./read-topics.js";
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

/**
 * Reads the header of the delta-object at the reader's offset and steps over the rest. Throws DeltaBufferError; the reader is
 * of no use then.
 */
export function readEncodedDelta(reader: ByteReader): EncodedDelta {
  const start = reader.offset;
  const size = reader.count(1);
  const operAt = reader.offset;
  const end = operAt + size;
  const readerEnd = reader.end;
  reader.end = end;
  const oper = operName(reader.u8());
  if (oper === undefined) throw new DeltaBufferError("unknown oper");
  const flags = reader.u8();
  const classIndex = reader.varint();
  const techIdAt = reader.skip(TECH_ID_BYTES);
  const version = readVersion(reader);
  const updateTimeMs = version.timeMs + reader.zigzag();
  const topics = readTopics(reader);
  const oldTopics =
    flags & deltaFlags.oldTopicsSame ? topics : flags & deltaFlags.oldTopicsListed ? readTopics(reader) : null;
  const fieldVersions = flags & deltaFlags.fieldVersions ? readFieldVersions(reader) : noFieldVersions;
  const structureBytes = reader.count(1);
  const structureAt = reader.offset;
  const bodyAt = structureAt + structureBytes;
  reader.end = readerEnd;
  reader.offset = end;
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

/**
 * Writes header fields from the oper to the field versions; size, structure and body are the caller's. The tech-id is given
 * as text or as its bytes.
 */
export function writeHeader(writer: ByteWriter, header: DeltaHeader, techId: string | Uint8Array): void {
  const { oldTopics, topics, fieldVersions, version } = header;
  const same = oldTopics !== null && sameTopics(topics, oldTopics);
  const derived =
    (oldTopics === null ? 0 : same ? deltaFlags.oldTopicsSame : deltaFlags.oldTopicsListed) |
    (fieldVersions.length > 0 ? deltaFlags.fieldVersions : 0);
  writer.u8(operNumbers[header.oper]);
  writer.u8((header.flags & givenFlags) | derived);
  writer.varint(header.classIndex);
  if (typeof techId === "string") writer.guid(techId);
  else writer.bytes(techId);
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
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

function writeStrings(writer: ByteWriter, strings: readonly string[]): void {
  writer.varint(strings.length);
  for (const text of strings) writer.string(text);
}

/** All deltas of a site name it. */
const sites = new ByteInterner((bytes, from, to) => decodeUtf8(bytes, from, to - from));

function readVersion(reader: ByteReader): Version {
  const timeMs = reader.varint();
  const counter = reader.varint();
  const siteBytes = reader.varint();
  const siteAt = reader.skip(siteBytes);
  return { timeMs, counter, site: siteBytes === 0 ? "" : sites.get(reader.bytes, siteAt, reader.offset) };
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
      steps.push({ field: reader.varint(), techId: reader.guid() });
    }
    const last = reader.varint();
    paths.push({ steps, field: last === 0 ? undefined : last === PLACE ? "place" : last - 1 });
  }
  return paths;
}

function writePaths(writer: ByteWriter, paths: readonly PartFieldPath[]): void {
  writer.varint(paths.length);
  for (const { steps, field } of paths) {
    writer.varint(steps.length);
    for (const step of steps) {
      writer.varint(step.field);
      writer.guid(step.techId);
    }
    writer.varint(field === undefined ? 0 : field === "place" ? PLACE : field + 1);
  }
}
