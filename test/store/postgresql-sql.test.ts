import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numberedMarkers } from "../../src/store/postgresql/numbered-markers.js";
import { parseTopicsSlice } from "../../src/topics/topics-slice.js";
import { formatTopicsList } from "../../src/topics/topics-list.js";
import { usePostgresqlSchema } from "./postgresql-databases.js";

describe("markers", () => {
  it("are numbered outside of strings, names, comments and quoted bodies", () => {
    const texts: Record<string, string> = {
      "SELECT ? + ?": "SELECT $1 + $2",
      "SELECT '?', '''?', \"?\", ?": "SELECT '?', '''?', \"?\", $1",
      "SELECT E'\\'?', e'\\\\', ?": "SELECT E'\\'?', e'\\\\', $1",
      "SELECT ? -- ?\n, ? /* ? \n ? */ , ?": "SELECT $1 -- ?\n, $2 /* ? \n ? */ , $3",
      "DO $$ ? $$; SELECT $a$ ? $$ ? $a$, ?": "DO $$ ? $$; SELECT $a$ ? $$ ? $a$, $1",
      "SELECT a ?? 'b', ?": "SELECT a ? 'b', $1",
      "SELECT name'?', ?": "SELECT name'?', $1",
      "SELECT 1": "SELECT 1",
    };
    for (const [sql, written] of Object.entries(texts)) expect(numberedMarkers(sql)).toBe(written);
  });

  it("are those of the statement, whatever values look like", async () => {
    const store = await schema().open();
    const rows = await store.snapshot((snapshot) =>
      snapshot.all(
        "SELECT ? || '?' AS a, ?::text AS b, '{\"x\":1}'::jsonb ?? 'x' AS c, 1.5::numeric AS d, sum(2::bigint) AS e",
        ["$2?", "'; DROP TABLE LiveDistLog; --"],
      ),
    );
    expect(rows).toEqual([{ a: "$2??", b: "'; DROP TABLE LiveDistLog; --", c: 1, d: "1.5", e: 2 }]);
  });

  const schema = usePostgresqlSchema();
});

describe("topics-slices as conditions in PostgreSQL", () => {
  const schema = usePostgresqlSchema();
  const topics = [
    "a",
    "A",
    "a%",
    "a_",
    "ab",
    "[a]",
    "%",
    "_",
    "é",
    "e\u0301",
    "ß",
    "SS",
    "日本",
    "😀",
    "a😀b",
    "İ",
    "i",
    "\\",
    "$1",
  ];

  it("select what the slice itself selects, whatever characters topics hold and however the column is collated", async () => {
    const client = await schema().client();
    await client.query("CREATE COLLATION ignoring (provider = icu, locale = 'und-u-ks-level1', deterministic = false)");
    await client.query(
      `CREATE TABLE rows ("Id" int, "Topics" text, "Folded" text COLLATE ignoring, "UpdateTime" timestamptz)`,
    );
    const lists = fc.sample(fc.uniqueArray(fc.constantFrom(...topics), { maxLength: 4 }), { numRuns: 150, seed: 7 });
    const now = new Date("2026-05-05T12:00:00.500Z");
    const times = lists.map((_, index) => new Date(now.getTime() - (index % 5) * 60_000));
    await client.query(
      `INSERT INTO rows SELECT id, topics, topics, at FROM unnest($1::int[], $2::text[], $3::timestamptz[]) AS t (id, topics, at)`,
      [lists.map((_, index) => index), lists.map((list) => formatTopicsList(list)), times],
    );
    const terms = [...topics, "TimeWindow90"];
    const slices = fc.sample(fc.array(fc.nat(terms.length - 1), { minLength: 1, maxLength: 5 }), {
      numRuns: 60,
      seed: 11,
    });
    for (const chosen of slices) {
      const [first, ...others] = chosen;
      const text = others.reduce(
        (left, term, index) => {
          const word = terms[term]!;
          if (word.startsWith("TimeWindow")) return `(${left})*${word}`;
          return `${left}${["*", "+", "*!"][index % 3]!}${word}`;
        },
        topics[first! % topics.length]!,
      );
      const slice = parseTopicsSlice(text);
      const expected = lists.flatMap((list, index) =>
        slice.selects(list, { updateTime: times[index]!, now }) ? [index] : [],
      );
      const { sql, parameters } = slice.where("postgresql", { now });
      const { rows } = await client.query<{ Id: number }>(
        `SELECT "Id" FROM rows WHERE ${sql} ORDER BY "Id"`,
        parameters,
      );
      expect(
        rows.map(({ Id }) => Id),
        text,
      ).toEqual(expected);
      const folded = sql.replaceAll('"Topics"', '"Folded"');
      const again = await client.query<{ Id: number }>(
        `SELECT "Id" FROM rows WHERE ${folded} ORDER BY "Id"`,
        parameters,
      );
      expect(
        again.rows.map(({ Id }) => Id),
        text,
      ).toEqual(expected);
    }
  });
});
