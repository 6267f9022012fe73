import { readdir, readFile } from "node:fs/promises";
import { relative } from "node:path";
import { describe, expect, it } from "vitest";
import { openStore } from "../../src/store/open-store.js";
import { appendNumbers, expectCode, logNumbers } from "./contract-setup.js";
import { useSqliteFiles } from "./sqlite-files.js";

describe("openStore", () => {
  const files = useSqliteFiles();

  it("opens a file, absolute or relative to the working directory, and creates it", async () => {
    const path = await files().path();
    await appendNumbers(files().closeLater(await openStore(`sqlite:${path}`)), 1);
    const again = files().closeLater(await openStore(` SQLite:${relative(process.cwd(), path)} `));
    expect(await logNumbers(again)).toEqual([1]);
    expect(again.dialect).toBe("sqlite");
    expect(again.tablesPrefix).toBe("");
  });

  it("knows a connection string of SQL Server by its scheme or by the key that names the server", async () => {
    const incomplete = [
      "Server=.;Password=secret",
      "User Id=sa;Password=secret;Data Source=tcp:db",
      "mssql://sa:secret@db",
      "sqlserver://sa:secret@db",
      " address = db ; Database = site",
    ];
    for (const connectionString of incomplete) {
      await expectCode(
        openStore(connectionString),
        "Config",
        /^SQL Server: the connection string names no (?!.*secret)/,
      );
    }
  });

  it("says of anything else what is accepted", async () => {
    const nonsense = [
      "",
      " ",
      "site.db",
      "sqlite",
      "sqlite:",
      "sqlite3:site.db",
      "mysql://secret@db",
      "Password=secret",
    ];
    for (const connectionString of [...nonsense, "sqlite://site.db", "sqlite:file:site.db?mode=ro", "sqlite:a\0b"]) {
      await expectCode(openStore(connectionString), "Config", /^(?!.*secret).*sqlite:<file>.*sqlite::memory:/);
    }
    await expectCode(openStore(undefined as unknown as string), "Config", /no connection string/);
  });

  it.each([
    ["better-sqlite3", "sqlite"],
    ["pg", "postgresql"],
    ["mssql", "sqlserver"],
  ])("loads %s in the folder of its driver only", async (library, driver) => {
    const folder = new URL("../../src/", import.meta.url);
    const names = await readdir(folder, { recursive: true });
    const importing: string[] = [];
    for (const name of names.filter((each) => each.endsWith(".ts"))) {
      if ((await readFile(new URL(name, folder), "utf8")).includes(`"${library}"`)) importing.push(name);
    }
    // A client's copy in a file is no database of a site.
    const others = importing.filter((name) => name !== "edge/sqlite-copy.ts");
    expect(others.filter((name) => !name.startsWith(`store/${driver}/`))).toEqual([]);
    expect(importing.length).toBeGreaterThan(0);
  });
});
