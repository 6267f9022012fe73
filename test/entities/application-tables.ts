import type { DeltaClass } from "../../src/delta/delta-class.js";
import { isPart } from "../../src/delta/field-type.js";
import type { Schema } from "../../src/delta/schema.js";
import { entitiesDialect } from "../../src/entities/sql/entities-dialect.js";
import type { ExistingPartTable, ExistingTable, ExistingTables } from "../../src/entities/sql/existing-table.js";
import type { Store } from "../../src/store/store.js";
import type { OpenedStore } from "../store/contract-setup.js";

const known = new WeakMap<Store, ExistingTables>();

/** Gives the tables that `withTables` made in a store's database. */
export function tablesIn(store: Store): ExistingTables | undefined {
  return known.get(store);
}

/** Gives the name of the table that holds fields: one of `withTables`, or LiveDist's own. */
export function fieldsTable(store: Store, table: string): string {
  return known.has(store) ? `app ${table}` : table;
}

/** Opens a store in whose database an application has tables for the classes of a schema. */
export async function withTables(
  open: (options?: undefined) => Promise<OpenedStore>,
  schema: Schema,
): Promise<OpenedStore> {
  const opened = await open();
  const { tables, statements } = applicationTables(opened.store, schema);
  await opened.store.transaction(async (transaction) => {
    for (const sql of statements) await transaction.run(sql);
  });
  known.set(opened.store, tables);
  const { reopen } = opened;
  if (reopen === undefined) return opened;
  const reopenWith = async (): Promise<Store> => {
    const store = await reopen();
    known.set(store, tables);
    return store;
  };
  return { ...opened, reopen: reopenWith };
}

/** Columns that are called like LiveDist's own, and fields' names are not. */
const columns: Readonly<Record<string, string>> = {
  name: "Topics",
  city: "UpdateTime",
  number: "PartPosition",
  yes: "is it so",
};

function applicationTables(store: Store, schema: Schema): { tables: ExistingTables; statements: string[] } {
  const statements: string[] = [];
  const { quote, columnTypes } = entitiesDialect(store.dialect);
  const define = (deltaClass: DeltaClass, table: string, owner: string | undefined): void => {
    const named = ["app_id", ...(owner === undefined ? [] : [owner])];
    const ids = named.map((name) => `${quote(name)} ${columnTypes.guid} NOT NULL`);
    const fields = deltaClass.fields.flatMap(({ name, type }) =>
      isPart(type) ? [] : [`${quote(columns[name] ?? name)} ${columnTypes[type.kind]}`],
    );
    const key = `PRIMARY KEY (${named.map(quote).join(", ")})`;
    const end = store.dialect === "sqlite" ? " STRICT" : "";
    statements.push(`CREATE TABLE ${quote(table)} (${[...ids, ...fields, key].join(", ")})${end}`);
  };
  const describe = (deltaClass: DeltaClass, table: string): Omit<ExistingTable, "table" | "key"> => {
    const parts: Record<string, ExistingPartTable> = {};
    const own: Record<string, string> = {};
    for (const { name, type } of deltaClass.fields) {
      if (!isPart(type)) {
        if (columns[name] !== undefined) own[name] = columns[name];
        continue;
      }
      const inner = `${table}_${name}`;
      define(type.deltaClass, inner, "app_owner");
      parts[name] = { table: inner, key: "app_id", owner: "app_owner", ...describe(type.deltaClass, inner) };
    }
    return { columns: own, parts };
  };
  const used = new Set(
    schema.classes.flatMap(({ fields }) => fields.flatMap(({ type }) => (isPart(type) ? [type.deltaClass] : []))),
  );
  const tables: Record<string, ExistingTable> = {};
  for (const deltaClass of schema.classes) {
    if (used.has(deltaClass)) continue;
    const table = `app ${deltaClass.name}`;
    define(deltaClass, table, undefined);
    tables[deltaClass.name] = { table, key: "app_id", ...describe(deltaClass, table) };
  }
  return { tables, statements };
}
