import Database from "better-sqlite3";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codeOf } from "../../src/base/errors.js";
import {
  POSTGRESQL_PARAMETERS_MAX,
  SQLITE_PARAMETERS_MAX,
  SQLSERVER_PARAMETERS_MAX,
  TOPICS_SLICE_DEPTH_MAX,
  TOPICS_SLICE_SQL_DEPTH_MAX,
  TOPICS_SLICE_TERMS_MAX,
} from "../../src/base/limits.js";
import { chain, type Expression, step, topic } from "../../src/topics/expression.js";
import { formatTopicsList } from "../../src/topics/topics-list.js";
import { parseTopicsSlice } from "../../src/topics/topics-slice.js";
import { type Dialect, where } from "../../src/topics/where.js";
import { naiveSelects, nowMs, sliceTextArbitrary, topicsListArbitrary, updateTimeMsArbitrary } from "./slices.js";

const now = new Date(nowMs);

function join(operator: "*" | "+", count: number): Expression {
  const steps = Array.from({ length: count - 1 }, (_, index) => step(operator as "+", topic(`T${index + 1}`)));
  return chain(topic("T0"), steps);
}

describe("SQLite", () => {
  let database: Database.Database;
  beforeAll(() => {
    database = new Database(":memory:");
    database.exec("CREATE TABLE Entities (Id INTEGER PRIMARY KEY, Topics TEXT, UpdateTime INTEGER)");
  });
  afterAll(() => database.close());

  function fill(rows: readonly (readonly [topics: string | null, updateTimeMs: number])[]): void {
    database.exec("DELETE FROM Entities");
    const insert = database.prepare("INSERT INTO Entities VALUES (?, ?, ?)");
    rows.forEach(([topics, updateTimeMs], id) => insert.run(id, topics, updateTimeMs));
  }

  function select(condition: { sql: string; parameters: unknown[] }): number[] {
    const statement = database.prepare<unknown[], number>(`SELECT Id FROM Entities WHERE ${condition.sql} ORDER BY Id`);
    return statement.pluck().all(...condition.parameters);
  }

  test("selects the same rows as the slice", () => {
    const row = fc.tuple(topicsListArbitrary, updateTimeMsArbitrary);
    fc.assert(
      fc.property(sliceTextArbitrary, fc.array(row, { minLength: 1, maxLength: 20 }), (text, rows) => {
        fill(rows.map(([topics, updateTimeMs]) => [formatTopicsList(topics), updateTimeMs]));
        const expected = Array.from(rows.keys()).filter((id) => naiveSelects(text, rows[id]![0], rows[id]![1]));
        expect(select(parseTopicsSlice(text).where("sqlite", { now }))).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test("does not take one topic for another", () => {
    fill([",a,", ",AB,", ",BA,", ",%,", ",#A,", "A", ",A,B,"].map((topics) => [topics, 0]));
    expect(select(parseTopicsSlice("A").where("sqlite"))).toEqual([6]);
    expect(select(parseTopicsSlice("%").where("sqlite"))).toEqual([3]);
    expect(select(parseTopicsSlice("_").where("sqlite"))).toEqual([]);
  });

  test("never selects a row without topics", () => {
    fill([
      [null, nowMs],
      ["", nowMs],
      [",", nowMs],
    ]);
    expect(select(parseTopicsSlice("(A*!B+C*TimeWindow60)*!D").where("sqlite", { now }))).toEqual([]);
  });

  test("counts time-windows from the present unless told", () => {
    fill([[",A,", Date.now()]]);
    expect(select(parseTopicsSlice("A*TimeWindow3600").where("sqlite"))).toEqual([0]);
    expect(select(parseTopicsSlice("A*TimeWindow3600").where("sqlite", { now: new Date(0) }))).toEqual([]);
  });

  test.each(["*", "+"] as const)("takes as many terms as there may be, joined by %s", (operator) => {
    fill([[",T0,", 0]]);
    for (const count of [TOPICS_SLICE_TERMS_MAX, SQLITE_PARAMETERS_MAX]) {
      expect(select(where(join(operator, count), "sqlite", now))).toEqual(operator === "+" ? [0] : []);
    }
    expect(() => where(join(operator, SQLITE_PARAMETERS_MAX + 1), "sqlite", now)).toThrow("SQLITE_PARAMETERS_MAX");
  });

  test("takes parentheses as deep as they may be", () => {
    fill([
      [",B,", 0],
      [",A,", 0],
    ]);
    const text = `${"(C+".repeat(TOPICS_SLICE_DEPTH_MAX)}B${")".repeat(TOPICS_SLICE_DEPTH_MAX)}`;
    expect(select(parseTopicsSlice(text).where("sqlite"))).toEqual([0]);
  });

  test("takes alternating operators up to a depth that SQLite still takes, and refuses more", () => {
    fill([
      [",B,", 0],
      [",A,", 0],
    ]);
    const text = `A${"*B+A".repeat(TOPICS_SLICE_SQL_DEPTH_MAX / 2)}`;
    expect(select(parseTopicsSlice(text).where("sqlite"))).toEqual([1]);
    for (const dialect of ["sqlite", "postgresql", "sqlserver"] as const) {
      expect(() => parseTopicsSlice(`${text}*B`).where(dialect)).toThrow("TOPICS_SLICE_SQL_DEPTH_MAX");
    }
  });
});

const since = new Date(nowMs - 60_000);
const text = "(A+b%)*!A*TimeWindow60+(A*TimeWindow[31/12/2005 14:59:00]*TimeWindow60)";
const absolute = new Date(Date.UTC(2005, 11, 31, 14, 59));

describe("the shape in each dialect", () => {
  test("sqlite repeats a parameter wherever it stands", () => {
    expect(parseTopicsSlice(text).where("sqlite", { now, firstParameter: 3 })).toEqual({
      sql:
        `(((instr("Topics", ?) > 0 OR instr("Topics", ?) > 0) AND ` +
        `(instr("Topics", ?) = 0 AND ("UpdateTime" >= ? AND "UpdateTime" <= ?))) OR ` +
        `(instr("Topics", ?) > 0 AND ("UpdateTime" >= ? AND ("UpdateTime" >= ? AND "UpdateTime" <= ?))))`,
      parameters: [",A,", ",b%,", ",A,", +since, nowMs, ",A,", +absolute, +since, nowMs],
    });
  });

  test("postgresql numbers each parameter once", () => {
    const position = (marker: string) => `strpos("Topics" COLLATE "C", ${marker})`;
    expect(parseTopicsSlice(text).where("postgresql", { now })).toEqual({
      sql:
        `(((${position("$1")} > 0 OR ${position("$2")} > 0) AND ` +
        `(${position("$1")} = 0 AND ("UpdateTime" >= $3 AND "UpdateTime" <= $4))) OR ` +
        `(${position("$1")} > 0 AND ("UpdateTime" >= $5 AND ("UpdateTime" >= $3 AND "UpdateTime" <= $4))))`,
      parameters: [",A,", ",b%,", since, now, absolute],
    });
  });

  test("sqlserver numbers each parameter once, from where the caller says", () => {
    const position = (marker: string) => `CHARINDEX(${marker} COLLATE Latin1_General_100_BIN2, [Topics])`;
    expect(parseTopicsSlice(text).where("sqlserver", { now, firstParameter: 3 })).toEqual({
      sql:
        `(((${position("@p3")} > 0 OR ${position("@p4")} > 0) AND ` +
        `(${position("@p3")} = 0 AND ([UpdateTime] >= @p5 AND [UpdateTime] <= @p6))) OR ` +
        `(${position("@p3")} > 0 AND ([UpdateTime] >= @p7 AND ([UpdateTime] >= @p5 AND [UpdateTime] <= @p6))))`,
      parameters: [",A,", ",b%,", since, now, absolute],
    });
  });

  test("sqlserver gets no time that its datetime lacks", () => {
    const { parameters } = parseTopicsSlice("A*TimeWindow[01/01/0001 00:00:00]").where("sqlserver");
    expect(parameters).toEqual([",A,", new Date("1753-01-01T00:00:00Z")]);
  });

  test.each<[Dialect, string, number]>([
    ["sqlite", "SQLITE_PARAMETERS_MAX", SQLITE_PARAMETERS_MAX],
    ["postgresql", "POSTGRESQL_PARAMETERS_MAX", POSTGRESQL_PARAMETERS_MAX],
    ["sqlserver", "SQLSERVER_PARAMETERS_MAX", SQLSERVER_PARAMETERS_MAX],
  ])("%s refuses more parameters than %s, the caller's own counted", (dialect, name, max) => {
    expect(where(join("+", max), dialect, now).parameters).toHaveLength(max);
    expect(where(join("+", max - 9), dialect, now, 10).parameters).toHaveLength(max - 9);
    for (const call of [() => where(join("+", max + 1), dialect, now), () => where(join("+", max), dialect, now, 2)]) {
      expect(call).toThrow(name);
      expect(codeOf(catchError(call))).toBe("Limit");
    }
  });

  test("a topic that stands thousands of times is one parameter where markers have numbers", () => {
    const repeated = `A${"+A".repeat(5_000)}`;
    expect(parseTopicsSlice(repeated).where("sqlserver").parameters).toEqual([",A,"]);
    expect(parseTopicsSlice(repeated).where("sqlite").parameters).toHaveLength(5_001);
  });
});

function catchError(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}
