import { codeOf } from "../base/errors.js";
import { checkStructure } from "../delta/check-structure.js";
import { readEncodedDeltaBuffer } from "../delta/delta-buffer.js";
import type { EncodedDelta } from "../delta/encoded-delta.js";
import type { SchemaDelta } from "../delta/merge-record.js";
import type { Schema } from "../delta/schema.js";
import type { SchemaRegistry } from "../delta/schema-registry.js";
import { isCommandRecord } from "./command-record.js";
import type { DeltaLogRow } from "./delta-log.js";

/** The delta-objects of one row of the log, each with the schema whose classes its index names. */
export type ReadRow = readonly SchemaDelta[];

/** Hears of what is damaged: a whole row, or one delta-object of it. */
export type ReportDamage = (error: unknown) => void;

/**
 * Reads a row of the log, no value of it. What is damaged, or of a schema that is stored nowhere, is reported and left out,
 * wherever the log is read: it must not stop what stands behind it, here and at the clients. Gives undefined where nothing
 * of the row can be read, and for a command, which says nothing of entities.
 */
export async function readLogRow(
  row: DeltaLogRow,
  schemas: SchemaRegistry,
  report: ReportDamage = ignore,
): Promise<ReadRow | undefined> {
  if (isCommandRecord(row.deltaBuffer)) return undefined;
  try {
    const read: SchemaDelta[] = [];
    for (const deltaBuffer of [row.deltaBuffer, ...(row.more ?? [])]) {
      const { schemaName, deltas } = readEncodedDeltaBuffer(deltaBuffer);
      const schema = await schemas.load(schemaName);
      for (const encoded of deltas) if (isSound(encoded, schema, report)) read.push({ encoded, schema });
    }
    return read;
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
