import { LiveDistError } from "../../base/errors.js";
import type { DeltaClass } from "../../delta/delta-class.js";
import { isPart, type ValueKind } from "../../delta/field-type.js";
import type { ExistingPartTable, ExistingTable } from "./existing-table.js";

/** A column of an application's table, and what it has to hold. */
export interface SourceColumn {
  readonly name: string;
  readonly kind: ValueKind;
  /** What is kept in it, as errors say it. */
  readonly holds: string;
  /** Absent for the columns that are no field's. */
  readonly field?: string;
}

/** The application's table that holds the fields of entities or parts; a table of LiveDist's beside it holds the rest. */
export interface FieldsSource {
  readonly table: string;
  readonly key: string;
  /** Absent for entities. */
  readonly owner: string | undefined;
  readonly updateTime: string | undefined;
  readonly columns: readonly SourceColumn[];
}

/** Looks up what an application says of a table. Throws Config where it names fields that the class does not have. */
export function fieldsSource(deltaClass: DeltaClass, existing: ExistingTable | ExistingPartTable): FieldsSource {
  const { table, key, columns = {}, parts = {} } = existing;
  const owner = "owner" in existing ? existing.owner : undefined;
  const updateTime = "updateTime" in existing ? existing.updateTime : undefined;
  checkFields(deltaClass, table, Object.keys(columns), false);
  checkFields(deltaClass, table, Object.keys(parts), true);
  const all: SourceColumn[] = [{ name: key, kind: "guid", holds: `the tech-id of ${deltaClass.name}` }];
  if (owner !== undefined) all.push({ name: owner, kind: "guid", holds: `the owner of ${deltaClass.name}` });
  for (const { name: field, type } of deltaClass.fields) {
    if (isPart(type)) continue;
    const name = Object.hasOwn(columns, field) ? columns[field]! : field;
    all.push({ name, field, kind: type.kind, holds: `field ${field} of ${deltaClass.name}` });
  }
  checkDiffer(table, all);
  // It may be a field too.
  if (updateTime !== undefined) all.push({ name: updateTime, kind: "dateTime", holds: "the update-time" });
  return { table, key, owner, updateTime, columns: all };
}

function checkFields(deltaClass: DeltaClass, table: string, names: readonly string[], ofParts: boolean): void {
  for (const name of names) {
    const field = deltaClass.field(name);
    if (field !== undefined && isPart(field.type) === ofParts) continue;
    const what = ofParts ? "field of parts" : "field with a value";
    throw new LiveDistError("Config", `table ${table}: ${deltaClass.name} has no ${what} called ${name}`);
  }
}

function checkDiffer(table: string, columns: readonly SourceColumn[]): void {
  const seen = new Map<string, string>();
  for (const { name, holds } of columns) {
    const other = seen.get(name);
    if (other !== undefined) {
      throw new LiveDistError("Config", `column ${name} of table ${table} cannot hold both ${other} and ${holds}`);
    }
    seen.set(name, holds);
  }
}

/** Takes the name of an application's table apart into those of its schema, where it has one, and its own. */
export function nameParts(table: string): string[] {
  return table.split(".");
}
