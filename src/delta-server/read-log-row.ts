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
 * Reads a row of the log, no value of it; at once where its schema is known here. What is damaged, or of a schema that is stored
 * nowhere, is reported and left out, wherever the log is read: it must not stop what stands behind it, here and at the clients.
 * Gives undefined where nothing of the row can be read, and for a command, which says nothing of entities.
 */
export function readLogRow(
  row: DeltaLogRow,
  schemas: SchemaRegistry,
  report: ReportDamage = ignore,
): ReadRow | undefined | Promise<ReadRow | undefined> {
  if (row.isPassed || isCommandRecord(row.deltaBuffer)) return undefined;
  try {
    if (row.more !== undefined) return readAll([row.deltaBuffer, ...row.more], schemas, report);
    const { schemaName, deltas } = readEncodedDeltaBuffer(row.deltaBuffer);
    const schema = schemas.named(schemaName);
    return schema ? soundOf(deltas, schema, report) : readAll([row.deltaBuffer], schemas, report);
  } catch (error) {
    passOver(error, report);
    return undefined;
  }
}

/** Reads the delta-buffers of a row, also those of schemas that are not known here yet. */
async function readAll(
  deltaBuffers: readonly Uint8Array[],
  schemas: SchemaRegistry,
  report: ReportDamage,
): Promise<ReadRow | undefined> {
  try {
    const read: SchemaDelta[] = [];
    for (const deltaBuffer of deltaBuffers) {
      const { schemaName, deltas } = readEncodedDeltaBuffer(deltaBuffer);
      for (const delta of soundOf(deltas, await schemas.load(schemaName), report)) read.push(delta);
    }
    return read;
  } catch (error) {
    passOver(error, report);
    return undefined;
  }
}

function soundOf(deltas: readonly EncodedDelta[], schema: Schema, report: ReportDamage): SchemaDelta[] {
  const sound: SchemaDelta[] = [];
  for (const encoded of deltas) if (isSound(encoded, schema, report)) sound.push({ encoded, schema });
  return sound;
}

function passOver(error: unknown, report: ReportDamage): void {
  if (!isDamage(error)) throw error;
  report(error);
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
