import { assert } from "../base/assert.js";
import { ByteWriter } from "../base/byte-writer.js";
import { classOf, writeEncoded } from "./delta-codec.js";
import type { DeltaClass } from "./delta-class.js";
import { deltaFlags, TECH_ID_BYTES, type DeltaHeader, type EncodedDelta } from "./encoded-delta.js";
import { FieldCursor } from "./field-cursor.js";
import { FieldSpans } from "./field-spans.js";
import { mergeFieldVersions, type SpannedDelta } from "./merge-field-versions.js";
import { mergeFields } from "./merge-fields.js";
import { isWhole } from "./oper.js";
import type { Schema } from "./schema.js";
import { compareVersions } from "./version.js";

const structure = new ByteWriter();
const body = new ByteWriter();
const record = new ByteWriter();
const fieldWriters = { structure, body };

/** A delta-object and the schema whose classes its indices name. */
export interface SchemaDelta {
  readonly encoded: EncodedDelta;
  readonly schema: Schema;
}

/**
 * Makes the record of an entity: a CREATE delta-object of the whole entity, in the classes of `into` (a schema that has the
 * entity's class), that results from a CREATE, PARTIAL, UPDATE or FULL on the record `held` (or on nothing). `topics` are the
 * app topics to stand in it. Values are copied as bytes. The bytes given are valid until the next call. Throws
 * DeltaBufferError where a structure is malformed.
 */
export function mergeRecord(
  held: SchemaDelta | undefined,
  change: SchemaDelta,
  topics: readonly string[],
  into: Schema = change.schema,
): Uint8Array {
  const { encoded, schema } = change;
  const { name } = classOf(encoded, schema);
  const target = into.classNamed(name);
  assert(target !== undefined, "the schema of a record has the class of its entity");
  // A whole object replaces what is held.
  const under = isWhole(encoded.oper) ? undefined : held;
  structure.reset();
  body.reset();
  const heldSpanned = under && spanned(under);
  const changeSpanned = spanned(change);
  mergeFields(fieldWriters, target, heldSpanned?.spans, changeSpanned.spans);
  const header = headerOf(heldSpanned, changeSpanned, { schema: into, deltaClass: target }, topics);
  const techId = encoded.bytes.subarray(encoded.techIdAt, encoded.techIdAt + TECH_ID_BYTES);
  record.reset();
  writeEncoded(record, header, techId, structure.view(), body.view());
  return record.view();
}

function spanned({ encoded, schema }: SchemaDelta): SpannedDelta {
  const cursor = FieldCursor.of(encoded);
  const spans = new FieldSpans(cursor, classOf(encoded, schema), isWhole(encoded.oper));
  cursor.finish();
  return { encoded, schema, spans };
}

/** The class of a record, and the schema in which that stands. */
interface Target {
  readonly schema: Schema;
  readonly deltaClass: DeltaClass;
}

function headerOf(
  held: SpannedDelta | undefined,
  change: SpannedDelta,
  { schema, deltaClass }: Target,
  topics: readonly string[],
): DeltaHeader {
  const { encoded } = change;
  const isNewer = held === undefined || compareVersions(encoded.version, held.encoded.version) >= 0;
  const { version } = isNewer ? encoded : held.encoded;
  return {
    oper: "CREATE",
    flags: (held ?? change).encoded.flags & deltaFlags.inCache,
    classIndex: schema.indexOf(deltaClass)!,
    version,
    updateTimeMs: encoded.updateTimeMs,
    topics,
    oldTopics: null,
    fieldVersions: held ? mergeFieldVersions(held, change, deltaClass, version) : encoded.fieldVersions,
  };
}
