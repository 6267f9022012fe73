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
  const [heldSpans, changeSpans] = [under && spansOf(under), spansOf(change)];
  mergeFields({ structure, body }, target, heldSpans, changeSpans);
  const spanned = under && heldSpans && { ...under, spans: heldSpans };
  record.reset();
  const techId = encoded.bytes.subarray(encoded.techIdAt, encoded.techIdAt + TECH_ID_BYTES);
  writeEncoded(
    record,
    headerOf(spanned, { ...change, spans: changeSpans }, { schema: into, deltaClass: target }, topics),
    techId,
    structure.view(),
    body.view(),
  );
  return record.view();
}

function spansOf({ encoded, schema }: SchemaDelta): FieldSpans {
  const cursor = FieldCursor.of(encoded);
  const spans = new FieldSpans(cursor, classOf(encoded, schema), isWhole(encoded.oper));
  cursor.finish();
  return spans;
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
  const inCache = (held ?? change).encoded.flags & deltaFlags.inCache;
  const classIndex = schema.indexOf(deltaClass)!;
  const common = { oper: "CREATE", flags: inCache, classIndex, topics, oldTopics: null } as const;
  if (held === undefined) {
    const { version, updateTimeMs, fieldVersions } = encoded;
    return { ...common, version, updateTimeMs, fieldVersions };
  }
  const newer = compareVersions(encoded.version, held.encoded.version) >= 0 ? encoded : held.encoded;
  return {
    ...common,
    version: newer.version,
    updateTimeMs: encoded.updateTimeMs,
    fieldVersions: mergeFieldVersions(held, change, deltaClass, newer.version),
  };
}
