import { readdir, readFile } from "node:fs/promises";
import nodeSqlParser from "node-sql-parser";
import { describe, expect, it } from "vitest";
import { sqlServerEntities } from "../../src/entities/sql/sqlserver-entities.js";
import { EntityTables } from "../../src/entities/sql/entity-tables.js";
import {
  withPartTables,
  type EntityTable,
  type FieldsTable,
  type PartTable,
} from "../../src/entities/sql/entity-table.js";
import type { ExistingTables } from "../../src/entities/sql/existing-table.js";
import { clientStatements } from "../../src/store/client-statements.js";
import { serverStatements } from "../../src/store/server-statements.js";
import { changePages, changeStatements } from "../../src/store/sqlserver/change-statements.js";
import { logStatements, numberThese } from "../../src/store/sqlserver/log-statements.js";
import { readBatches } from "../../src/store/sqlserver/run-script.js";
import { cursorStatements, openingStatement } from "../../src/store/sqlserver/sqlserver-cursor.js";
import type { SqlSession } from "../../src/store/store.js";
import { sqlServerTables } from "../../src/store/sqlserver/sqlserver-tables.js";
import { statement, withLockTimeout } from "../../src/store/sqlserver/statement.js";
import {
  clientKey,
  databaseStatements,
  linkStatements,
  schemaStatements,
  stateStatements,
} from "../../src/store/sqlserver/table-statements.js";
import { parseTopicsSlice, type TopicsSlice } from "../../src/topics/topics-slice.js";
import { schema } from "../entities/entities-setup.js";

/**
 * What T-SQL has (each checked with Microsoft's reference) and the parser does not know, and what is parsed in its place.
 * The last test keeps the list from growing stale.
 */
const helps: readonly { readonly what: string; readonly pattern: RegExp; readonly instead: string }[] = [
  { what: "SET of ALTER TABLE", pattern: /SET \(LOCK_ESCALATION = DISABLE\)/g, instead: "ADD x INT" },
  { what: "THROW", pattern: /THROW \d+, N'[^']*', 1/g, instead: "SELECT 1" },
  { what: "OPTION behind an UPDATE", pattern: / OPTION \(LOOP JOIN, FORCE ORDER\)/g, instead: "" },
  { what: "@@SERVERNAME", pattern: /@@SERVERNAME/g, instead: "SERVERPROPERTY('ServerName')" },
  { what: "a parameter of TOP ahead of a qualified column", pattern: /TOP \(@p1\) g\./g, instead: "TOP (1) g." },
  { what: "EXEC with OUTPUT", pattern: /EXEC sp_cursoropen [^;]*/g, instead: "SELECT 1" },
  { what: "EXEC with arguments", pattern: /EXEC sp_(cursorfetch|cursorclose) .*/g, instead: "SELECT 1" },
  { what: "EXEC with a result", pattern: /EXEC @given = sp_getapplock [^;]*/g, instead: "SELECT 1" },
  { what: "SAVE TRANSACTION", pattern: /^SAVE TRANSACTION \w+$/g, instead: "SELECT 1" },
  { what: "ROLLBACK to a mark", pattern: /^ROLLBACK TRANSACTION \w+$/g, instead: "SELECT 1" },
];

const parser = new nodeSqlParser.Parser();

function problemOf(sql: string, given = helps): string | undefined {
  const text = given.reduce((one, { pattern, instead }) => one.replaceAll(pattern, instead), sql);
  try {
    parser.astify(text, { database: "transactsql" });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^Expected .* but/s, "unexpected") : String(error);
  }
}

function parse(sql: string): void {
  const problem = problemOf(sql);
  if (problem !== undefined) expect.fail(`${problem} in ${sql}`);
}

/** Writes the markers as the driver does. */
function marked(sql: string): string {
  const count = sql.split("?").length - 1;
  return withLockTimeout(statement(sql, new Array<number>(count).fill(1)), 100).text;
}

const tables = sqlServerTables("site2_");

const driver: Readonly<Record<string, string>> = {
  ...logStatements(tables),
  numberThese: numberThese(tables, 3),
  ...changePages(tables),
  ...changeStatements(tables, 2),
  ...prefixed("client", clientStatements(tables.clients, clientKey)),
  ...prefixed("schema", schemaStatements(tables)),
  ...prefixed("link", linkStatements(tables)),
  ...prefixed("server", serverStatements(tables)),
  ...prefixed("state", stateStatements(tables)),
  ...databaseStatements,
  ...prefixed("cursor", cursorStatements),
};

function prefixed(prefix: string, statements: Readonly<Record<string, unknown>>): Record<string, string> {
  const texts = Object.entries(statements).filter((one): one is [string, string] => typeof one[1] === "string");
  return Object.fromEntries(texts.map(([name, sql]) => [`${prefix} ${name}`, sql]));
}

/** Gives what is sent for the versions that a site gave. */
async function versionStatements({ siteVersion }: EntityTables): Promise<string[]> {
  const sent: string[] = [];
  const session: SqlSession = {
    run: (sql) => Promise.resolve((sent.push(sql), 0)),
    all: (sql) => Promise.resolve((sent.push(sql), [])),
    stream: () => expect.fail("nothing of it is streamed"),
  };
  await siteVersion.read(session, "site");
  await siteVersion.write(session, "site", { last: { timeMs: 1, counter: 1 }, epoch: "e", incarnation: "" });
  return sent;
}

async function entityStatements(): Promise<string[]> {
  const ofSchema = new EntityTables(sqlServerEntities, schema, "site2_");
  const beside = new EntityTables(sqlServerEntities, schema, "site2_", existingTables);
  const { definitions } = ofSchema;
  const slice = parseTopicsSlice("A*!B*TimeWindow60+C*TimeWindow[01/02/2020 03:04:05]");
  const texts = [
    ...(await versionStatements(ofSchema)),
    slice.where("sqlserver", { now: new Date() }).sql.replace(/^/, "SELECT Topics FROM site2_Party WHERE "),
    ...[...definitions, ...beside.definitions].map((definition) => sqlServerEntities.createTable(definition)),
    ...definitions.map((definition) => sqlServerEntities.addColumn(definition.name, definition.columns.at(-1)!)),
    ...[ofSchema, beside].flatMap(({ entities }) => entities.flatMap((table) => statementsOf(table, slice))),
    ...beside.entities.flatMap((table) => takeOverStatements(table)),
    sqlServerEntities.columnsOf(["sales", "party"]).sql,
    sqlServerEntities.columnsSql,
    sqlServerEntities.lockTables!,
    ...Object.values(sqlServerEntities.savepoint),
  ];
  return texts.filter((one): one is string => typeof one === "string" && /^[A-Z]{2,} /.test(one));
}

const existingTables: ExistingTables = {
  Party: { table: "sales.party", key: "id", columns: { name: "full name" }, updateTime: "written" },
  Person: {
    table: "person",
    key: "id",
    parts: {
      phones: {
        table: "sales.phone",
        key: "id",
        owner: "person",
        parts: { lines: { table: "line", key: "id", owner: "phone" } },
      },
    },
  },
};

function statementsOf(table: EntityTable, slice: TopicsSlice): unknown[] {
  const tables = withPartTables<FieldsTable>(table);
  const parts = tables.filter((one): one is PartTable => "entityColumn" in one);
  const row = (one: FieldsTable) =>
    new Array<number>(one.columns.length + (one.source ? one.fields.length : 0)).fill(1);
  const texts = [
    table.sql.insertRows([row(table)]),
    table.sql.update("x", ["Topics", ...table.fields.map(({ name }) => name)], []),
    table.sql.remove("x"),
    ...parts.flatMap((one) => [
      one.sql.insertRows([row(one)]),
      one.sql.update("x", "y", ["PartPosition", ...one.fields.map(({ name }) => name)], []),
      one.sql.remove("x", "y"),
      one.sql.removeOfEntity("x"),
    ]),
    [table.sql.selectAll(slice, new Date())],
    [table.sql.selectPage("x", 10, slice, new Date()), table.sql.selectPage("", 10, undefined, new Date())],
  ].flatMap((some) => some.map(({ sql }) => sql));
  return [
    ...texts,
    ...tables.flatMap((one) => Object.values((one as unknown as { sql: Record<string, unknown> }).sql)),
  ];
}

function takeOverStatements(table: EntityTable): string[] {
  if (table.source === undefined) return [];
  const parts = table.parts.filter(({ source }) => source !== undefined);
  const inner = parts.flatMap((owner) =>
    owner.parts.filter(({ source }) => source !== undefined).map((one) => ({ owner, one })),
  );
  return [
    table.sql.takeOver(true, 1),
    ...parts.map((one) => one.sql.takeOver(table.name, "TechId")),
    ...inner.map(({ owner, one }) => one.sql.takeOver(owner.name, owner.entityColumn)),
  ];
}

/** Takes a batch apart into what stands inside BEGIN and END, which the parser does not know together. */
function partsOf(batch: string): { statements: string[]; triggers: string[] } {
  const triggers: string[] = [];
  const text = batch
    .replaceAll(/--.*$/gm, "")
    .replaceAll(/EXECUTE \(N'((?:[^']|'')*)'\);/g, (_, body: string) => {
      triggers.push(body.replaceAll("''", "'"));
      return "";
    })
    .replaceAll(/^BEGIN$|^END;$|^\s*(BEGIN|COMMIT) TRANSACTION;$/gm, ";")
    .replaceAll(/^(IF OBJECT_ID\(.*\) IS NULL)\s*(?=;)/gm, "$1 SELECT 1");
  return { statements: text.split(";").filter((one) => one.trim() !== ""), triggers };
}

describe("the T-SQL of the driver", () => {
  it.each(Object.entries(driver))("parses: %s", (_, sql) => parse(marked(sql)));

  it("parses: the batch that opens a cursor", () => {
    for (const parameters of [[], [1, "a", null, Uint8Array.of(1)]]) {
      const { text, inputs } = openingStatement(
        `SELECT a FROM b WHERE c IN (?, ?, ?, ?)`,
        parameters.length ? parameters : [1, 2, 3, 4],
      );
      parse(text);
      parse(String(inputs[0]!.value));
    }
  });

  it("parses: the script, statement by statement, and the trigger in it", async () => {
    const batches = await readBatches("site2_");
    expect(batches.length).toBeGreaterThan(0);
    const parts = batches.map(partsOf);
    const statements = parts.flatMap((one) => one.statements);
    const triggers = parts.flatMap((one) => one.triggers);
    expect(statements.filter((one) => /CREATE TABLE/.test(one))).toHaveLength(9);
    statements.forEach(parse);
    expect(triggers).toHaveLength(1);
    const [, body] = /^CREATE TRIGGER site2_\w+ ON site2_\w+ AFTER UPDATE AS\s+BEGIN(.*)END$/s.exec(triggers[0]!) ?? [];
    const throwing = /THROW \d+, N'[^']*', 1(?=;)/g;
    expect(body!.match(throwing)).toHaveLength(2);
    for (const one of body!.replaceAll(throwing, "SELECT 1").split(";")) if (one.trim() !== "") parse(one);
  });

  it("parses: everything over the tables of entities", async () => {
    const statements = await entityStatements();
    expect(statements.length).toBeGreaterThan(50);
    for (const sql of statements) parse(marked(sql));
  });

  it("keeps to what Babelfish for PostgreSQL runs too", async () => {
    const refused =
      /\bMERGE\b|\bCREATE OR ALTER\b|\bWAITFOR\b|\bINDEX \w+ \(|\bsp_prepare\b|\.WRITE\s*\(|\bSET @\w+ = \w+ =|\bWITH \w+ AS \(/i;
    const script = (await readBatches("")).join("\n").replaceAll(/\bCREATE INDEX \w+ ON\b/g, "");
    for (const sql of [...Object.values(driver), ...(await entityStatements()), script])
      expect(sql).not.toMatch(refused);
  });

  it("seeks the rows of the log, and locks them one by one", () => {
    const overLog = Object.values(driver).filter((sql) => sql.includes(tables.log) && !sql.startsWith("INSERT"));
    expect(overLog.length).toBeGreaterThan(10);
    for (const sql of overLog) {
      const isChanged = /UPDATE g SET|DELETE g FROM/.test(sql);
      expect(sql.split(tables.log).length).toBe(sql.split("(FORCESEEK").length);
      expect(sql.includes("(FORCESEEK, ROWLOCK)")).toBe(isChanged);
    }
  });

  it("stands in no other files than those whose statements are parsed here", async () => {
    const written = /["`](?:SELECT|INSERT INTO|UPDATE|DELETE|EXEC|DECLARE|SET|ALTER|CREATE|SAVE|ROLLBACK|IF) [^"`]/;
    const found: string[] = [];
    for (const folder of ["src/store/sqlserver", "src/store", "src/entities/sql", "src/entities"]) {
      const names = (await readdir(folder)).filter((name) => name.endsWith(".ts"));
      const texts = await Promise.all(names.map((name) => readFile(`${folder}/${name}`, "utf8")));
      found.push(...names.filter((_, index) => written.test(texts[index]!)));
    }
    expect(found.filter((name) => !/^(sqlite|postgresql)-entities/.test(name)).sort()).toEqual([
      "change-statements.ts",
      "client-statements.ts",
      "log-statements.ts",
      "server-statements.ts",
      "site-version-table.ts",
      "source-sql.ts",
      "sqlserver-cursor.ts",
      "sqlserver-entities.ts",
      "statement.ts",
      "table-sql.ts",
      "table-statements.ts",
    ]);
  });

  it("needs every help that is given to the parser", async () => {
    const all = [...Object.values(driver), ...(await entityStatements())].map(marked);
    all.push(
      openingStatement("SELECT a FROM b", []).text,
      ...(await readBatches("")).flatMap((one) => partsOf(one).statements),
    );
    const idle = helps.filter((help) => {
      const touched = all.filter((sql) => sql.replaceAll(help.pattern, help.instead) !== sql);
      const others = helps.filter((one) => one !== help);
      return touched.every((sql) => problemOf(sql, others) === undefined);
    });
    expect(idle.map(({ what }) => what)).toEqual([]);
  });
});
