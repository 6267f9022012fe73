import { classOf } from "./delta-codec.js";
import { deltaFlags, type EncodedDelta } from "./encoded-delta.js";
import { FieldCursor } from "./field-cursor.js";
import { skipObject } from "./field-spans.js";
import { isWhole } from "./oper.js";
import type { Schema } from "./schema.js";

/**
 * Throws DeltaBufferError where a delta-object names no class of its schema, or its structure does not describe its body:
 * whoever it was passed on to could not read it, nor what stands behind it in the same delta-buffer. Looks at no value.
 */
export function checkStructure(encoded: EncodedDelta, schema: Schema): void {
  const deltaClass = classOf(encoded, schema);
  const { oper, flags } = encoded;
  const cursor = FieldCursor.of(encoded);
  const hasFields = oper !== "REGISTER" && oper !== "DELETE" && (flags & deltaFlags.leaves) === 0;
  if (hasFields) skipObject(cursor, deltaClass, isWhole(oper));
  cursor.finish();
}
