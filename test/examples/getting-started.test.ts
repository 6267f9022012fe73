import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { usePostgresqlSchema } from "../store/postgresql-databases.js";

const page = readFileSync("docs/getting-started.md", "utf8");

/** Gives the statements of a block that the page shows, by the words that stand in them. */
function statements(words: string): string {
  const found = [...page.matchAll(/```sql\n([\s\S]*?)```/g)].find(([, block]) => block!.includes(words));
  return found![1]!;
}

const customers = `
  INSERT INTO customers VALUES ('0a8e5c39-6b7a-4c4e-9c8e-000000000001', 'Jules', 'FR', FALSE);
  INSERT INTO customers VALUES ('0a8e5c39-6b7a-4c4e-9c8e-000000000002', 'Ada', 'GB', TRUE);`;
const orders = `
  INSERT INTO orders VALUES ('0a8e5c39-6b7a-4c4e-9c8e-00000000000a', 'Ada', 'open', 1767225600000);
  INSERT INTO orders VALUES ('0a8e5c39-6b7a-4c4e-9c8e-00000000000b', 'Jules', 'draft', 1767225600000);`;

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "livedist-start-"))));
afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(program: string, argument: string): Promise<string> {
  const command = ["--import", "tsx", program, argument];
  return (await promisify(execFile)(process.execPath, command)).stdout;
}

function sqliteFile(...scripts: string[]): string {
  const path = join(folder, "shop.db");
  const database = new Database(path);
  for (const script of scripts) database.exec(script);
  database.close();
  return path;
}

describe("getting started", () => {
  const schema = usePostgresqlSchema();

  it.each([
    "examples/existing-tables.ts",
    "examples/own-sql/orders.ts",
    "examples/own-sql/sqlite.ts",
    "examples/own-sql/postgresql.ts",
    "examples/own-sql/sqlserver.ts",
  ])("shows %s as it is compiled here", (program) => {
    const shown = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block);
    expect(shown).toContain(readFileSync(program, "utf8"));
  });

  const changes = "enter Louise\nenter Jules\n";
  it("takes over a table of SQLite, and says what the page says", async () => {
    const path = sqliteFile(statements("is_active INTEGER"), customers);
    expect(await run("examples/existing-tables.ts", `sqlite:${path}`)).toBe(changes);
    expect(page).toContain(changes);
    // A second run finds Jules active, and creates another Louise.
    expect(await run("examples/existing-tables.ts", `sqlite:${path}`)).toBe(
      "enter Jules\nenter Louise\nenter Louise\n",
    );
  });

  it("takes over a table of PostgreSQL", async () => {
    await schema().query(statements("is_active boolean") + customers);
    expect(await run("examples/existing-tables.ts", await schema().url())).toBe(changes);
  });

  const given = `loaded customer-Ada,open {"customer":"Ada","status":"open"}\nUPDATE {"status":"shipped"}\n`;
  it("appends in transactions of the application's own SQL in SQLite", async () => {
    expect(await run("examples/own-sql/sqlite.ts", sqliteFile(statements("changed INTEGER"), orders))).toBe(given);
    expect(page).toContain(given);
  });

  it("appends in transactions of the application's own SQL in PostgreSQL", async () => {
    await schema().query(statements("changed bigint") + orders);
    expect(await run("examples/own-sql/postgresql.ts", await schema().url())).toBe(given);
  });
});
