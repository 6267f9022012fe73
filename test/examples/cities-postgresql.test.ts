import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { RunningProgram } from "../cli/command.js";
import { usePostgresqlSchema } from "../store/postgresql-databases.js";

const main = fileURLToPath(new URL("../../examples/cities/main.ts", import.meta.url));
const run = (database: string) =>
  new RunningProgram(main, ["--once", "--cities", "1000", "--seconds", "1", "--port", "0", "--database", database]);

describe("the cities in PostgreSQL", () => {
  const schema = usePostgresqlSchema();

  test("are stored once, beside whatever is there, and every copy is equal, also when it runs again", async () => {
    await schema().query('CREATE TABLE "City" (name text); CREATE TABLE LiveDistLog (name text)');
    for (const told of ["stored 1,000 cities", /it holds [\d,]+ cities already/]) {
      const { exitCode, out, err } = await run(await schema().url()).outcome();
      expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
      expect(out).toContain("a database of PostgreSQL");
      expect(out).toMatch(told);
      expect(out.match(/ values: equal$/gm)).toHaveLength(8);
      expect(out).toMatch(/All is equal after [1-9]\d* simulated edits/);
      expect(out).not.toContain("secret");
    }
    expect(await schema().query('SELECT * FROM "City"')).toEqual([]);
  }, 60_000);

  test.each([
    ["a wrong password", (url: URL) => (url.password = "wrong"), /password authentication failed/],
    ["a database that is not there", (url: URL) => (url.pathname = "/atlantis"), /database "atlantis" does not exist/],
    ["a server that is not there", (url: URL) => (url.port = "1"), /no server answers there \(connect ECONNREFUSED/],
  ])(
    "tell of %s in one line",
    async (_, spoil, message) => {
      const url = new URL(await schema().url());
      spoil(url);
      const { exitCode, out, err } = await run(url.href).outcome();
      expect({ exitCode, out }).toEqual({ exitCode: 1, out: "" });
      expect(err).toMatch(/^cities: [^\n]*\n$/);
      expect(err).toMatch(message);
    },
    60_000,
  );
});
