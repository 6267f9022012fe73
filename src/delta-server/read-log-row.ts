import { codeOf } from "../base/errors.js";
import { checkStructure } from "../delta/check-structure.js";
import { readEncodedDeltaBuffer } from "../delta/delta-buffer.js";
import type { EncodedDelta } from "../delta/encoded-delta.js";
import type { Schema } from "../delta/schema.js";
import type { SchemaRegistry } from "../delta/schema-registry.js";
import type { LogRow } from "../store/store.js";
import { isCommandRecord } from "./command-record.js";

/** The delta-objects of one row of the log, and the schema whose classes their indices name. */
export interface ReadRow {
  readonly schema: Schema;
  readonly deltas: readonly EncodedDelta[];
}

/** Hears of what is damaged: a whole row, or one delta-object of it. */
export type ReportDamage = (error: unknown) => void;

/**
 * Reads a row of the log, no value of it. What is damaged, or of a schema that is stored nowhere, is reported and left out,
 * wherever the log is read: it must not stop what stands behind it, here and at the clients. Gives undefined where nothing
 * of the row can be read, and for a command, which says nothing of entities.
 */
export async function readLogRow(
  row: LogRow,
  schemas: SchemaRegistry,
  report: ReportDamage = ignore,
): Promise<ReadRow | undefined> {
  if (isCommandRecord(row.deltaBuffer)) return undefined;
  try {
    const { schemaName, deltas } = readEncodedDeltaBuffer(row.deltaBuffer);
    const schema = await schemas.load(schemaName);
    return { schema, deltas: deltas.filter((encoded) => isSound(encoded, schema, report)) };
  } catch (error) {
    if (!isDamage(error)) throw error;
    report(error);
    return undefined;
  }
}

function isSound(encoded: EncodedDelta, schema: Schema, report: ReportDamage): boolean {
  try {
    checkStructure(encoded, schema);
    return true;
  } catch (error) {
    if (!isDamage(error)) throw error;
    report(error);
    return false;
  }
}

function isDamage(error: unknown): boolean {
  const code = codeOf(error);
  return code === "DeltaBuffer" || code === "UnknownSchema";
}

/** Rows that are read again were reported when they entered. */
const ignore = (): void => undefined;
