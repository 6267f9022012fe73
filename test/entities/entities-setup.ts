import { describe } from "vitest";
import type { Clock } from "../../src/base/clock.js";
import { decodeDeltaBuffer } from "../../src/delta/delta-buffer.js";
import { deltaClass } from "../../src/delta/delta-class.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import {
  boolean,
  bytes,
  dateTime,
  decimal,
  float64,
  guid,
  int32,
  int64,
  json,
  part,
  parts,
  string,
} from "../../src/delta/field-types.js";
import { makeSchema, type Schema } from "../../src/delta/schema.js";
import { Entities, type EntitiesOptions } from "../../src/entities/entities.js";
import type { Entity } from "../../src/entities/entity.js";
import type { Store } from "../../src/store/store.js";
import { collect, readLog, setUp, type Setup } from "../store/contract-setup.js";
import { tablesIn, withTables } from "./application-tables.js";
import { openPostgresql } from "../store/postgresql-databases.js";
import { openFile, openMemory } from "../store/sqlite-files.js";
import { openSqlServer, removeDatabases, SQLSERVER_TEST_MS_MAX, sqlServerUrl } from "../store/sqlserver-databases.js";

export const Line = deltaClass("Line", { digits: string(), cost: decimal() });
export const Phone = deltaClass("Phone", { number: string(), position: int32(), lines: parts(Line), best: part(Line) });
export const Party = deltaClass("Party", { name: string(), city: string() });
export const Person = deltaClass(
  "Person",
  { born: dateTime(), phones: parts(Phone), home: part(Phone) },
  { base: Party },
);
export const Employee = deltaClass("Employee", { salary: decimal() }, { base: Person, inCache: false });
export const Everything = deltaClass("Everything", {
  text: string(),
  whole: int32(),
  large: int64(),
  real: float64(),
  exact: decimal(),
  yes: boolean(),
  moment: dateTime(),
  link: guid(),
  data: bytes(),
  any: json(),
});
export const schema = makeSchema("v1", [Line, Phone, Party, Person, Employee, Everything]);

/** A clock that stands still until it is set. */
export class TestClock implements Clock {
  time = 1_000_000;
  now(): number {
    return this.time;
  }
  after(): () => void {
    return () => undefined;
  }
  soon(callback: () => void): void {
    setImmediate(callback);
  }
}

/** The city of a party is its topic; everything else has the topic "all". */
export function cityTopics({ fields }: Entity): string[] {
  return typeof fields["city"] === "string" ? [fields["city"]] : ["all"];
}

export function entitiesOf(store: Store, options: Partial<EntitiesOptions> = {}, ownSchema: Schema = schema): Entities {
  const tables = ownSchema === schema ? tablesIn(store) : undefined;
  return new Entities(store, ownSchema, { topicsOf: cityTopics, ...(tables && { tables }), ...options });
}

/** Gives the delta-objects of each row of the log. */
export async function loggedRows(store: Store, ownSchema: Schema = schema): Promise<DeltaObject[][]> {
  return (await readLog(store)).map(({ deltaBuffer }) => decodeDeltaBuffer(ownSchema, deltaBuffer));
}

export async function logged(store: Store, ownSchema: Schema = schema): Promise<DeltaObject[]> {
  return (await loggedRows(store, ownSchema)).flat();
}

export function everyDelta(entities: Entities, store: Store): Promise<DeltaObject[]> {
  return store.snapshot((snapshot) => collect(entities.readAll(snapshot)));
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Runs a suite on an SQLite database in a file, on one in memory, in PostgreSQL, and in SQL Server where one is named. */
export function onEveryStore(suite: (setup: Setup) => void): void {
  describe("in a file", () => suite(setUp(openFile)));
  describe("in memory", () => suite(setUp(openMemory)));
  onEveryServer(suite);
}

/** Runs a suite as `onEveryStore` does, and again where the entities of `schema` stand in tables of an application. */
export function onEveryStoreAndTable(suite: (setup: Setup) => void): void {
  onEveryStore(suite);
  describe("over tables of an application in SQLite", () => suite(setUp(() => withTables(openMemory, schema))));
  describe("over tables of an application in PostgreSQL", () => suite(setUp(() => withTables(openPostgresql, schema))));
}

/** Runs a suite on PostgreSQL, and on SQL Server where one is named: several write there at once. */
export function onEveryServer(suite: (setup: Setup) => void): void {
  describe("in PostgreSQL", () => suite(setUp(() => openPostgresql())));
  if (sqlServerUrl === undefined) return;
  describe("in SQL Server", { timeout: SQLSERVER_TEST_MS_MAX }, () => {
    removeDatabases();
    suite(setUp(() => openSqlServer()));
  });
}

export function id(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;
}
