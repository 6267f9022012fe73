import type { SqlValue } from "../store/store.js";
import type { LooseFields } from "./entity.js";
import type { EntitiesDialect } from "./sql/entities-dialect.js";
import type { ValueField } from "./sql/entity-table.js";

/** Makes the values of the columns of some fields. */
export function sqlValues(dialect: EntitiesDialect, fields: readonly ValueField[], values: LooseFields): SqlValue[] {
  return fields.map(({ name, type }) => {
    const value = values[name];
    return value === null ? null : (dialect.toSql[type.kind] as (one: unknown) => SqlValue)(value);
  });
}
