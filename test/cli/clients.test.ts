import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCli } from "../../src/cli/run-cli.js";
import { openStore } from "../../src/store/open-store.js";
import type { Store } from "../../src/store/store.js";
import { runCommand, runHere } from "./command.js";

let folder: string;
let database: string;
let store: Store;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "livedist-cli-"));
  database = `sqlite:${join(folder, "site.db")}`;
  store = await openStore(database);
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

function writeConfig(adds: Readonly<Record<string, string>>): string {
  const file = join(folder, "web.config");
  const lines = Object.entries(adds).map(([key, value]) => `<add key="${key}" value="${value}"/>`);
  writeFileSync(file, `<configuration><appSettings>${lines.join("")}</appSettings></configuration>`);
  return file;
}

describe("livedist clients", () => {
  test("adds with the lowest free bit or the one asked for, shows, disables, enables and removes", async () => {
    const clients = (...args: string[]) => runHere("clients", ...args, "--database", database);
    expect((await clients("list")).out).toBe("CLIENTID  BIT  DISABLED\n");
    expect((await clients("add", "lima")).out).toBe("added lima with the BitNumber 0\n");
    expect((await clients("add", "a-rather-long-name", "--bit", "63")).out).toContain("BitNumber 63");
    await clients("add", "quito");
    expect((await clients("disable", "quito")).out).toBe("disabled quito\n");
    expect((await runCommand("clients", "list", "--database", database)).out).toBe(
      [
        "CLIENTID            BIT  DISABLED",
        "lima                  0  no",
        "quito                 1  yes",
        "a-rather-long-name   63  no",
        "",
      ].join("\n"),
    );
    expect((await clients("remove", "lima")).out).toBe("removed lima\n");
    expect((await clients("enable", "quito")).out).toBe("enabled quito\n");
    expect((await clients("add", "cusco")).out).toContain("BitNumber 0");
    const listed = JSON.parse((await clients("list", "--json")).out) as unknown;
    expect(listed).toEqual(await store.clients.list());
    expect(listed).toMatchObject([
      { clientId: "cusco", bitNumber: 0 },
      { clientId: "quito", bitNumber: 1, isDisabled: false },
      { clientId: "a-rather-long-name", bitNumber: 63 },
    ]);
  });

  test("finds the database by a web.config: its path from there, its prefix", async () => {
    mkdirSync(join(folder, "data"));
    const prefixed = await openStore(`sqlite:${join(folder, "data", "other.db")}`, { tablesPrefix: "X_" });
    const config = writeConfig({ LiveDistConnectionString: "sqlite:data/other.db", LiveDistTablesPrefix: "X_" });
    expect((await runHere("clients", "add", "lima", "--config", config)).exitCode).toBe(0);
    expect(await prefixed.clients.list()).toMatchObject([{ clientId: "lima" }]);
    await prefixed.close();
    const byHand = ["--database", `sqlite:${join(folder, "data", "other.db")}`, "--tables-prefix", "X_"];
    expect((await runHere("clients", "list", ...byHand)).out).toContain("lima");
  });

  test("says what is wrong, in one line, and makes no database of a mistyped name", async () => {
    await store.clients.add({ clientId: "lima", bitNumber: 5 });
    const missing = join(folder, "sight.db");
    for (const [args, says] of [
      [["add", "lima", "--database", database], 'a row with the ClientId "lima" already'],
      [["add", "quito", "--bit", "5", "--database", database], 'BitNumber 5 already: it is that of "lima"'],
      [["add", "x".repeat(65), "--database", database], "1 to 64 characters"],
      [["remove", "nobody", "--database", database], 'no row with the ClientId "nobody"'],
      [["disable", "nobody", "--database", database], 'no row with the ClientId "nobody"'],
      [["list", "--database", `sqlite:${missing}`], `there is no database ${missing}`],
      [["list", "--database", "nonsense"], "names no known database"],
      [["list", "--database", database, "--config", "web.config"], "not by both"],
      [["list", "--tables-prefix", "X_"], "--tables-prefix goes with --database only"],
      [["list"], "name the database with --database, or with --config"],
      [["list", "--config", writeConfig({})], "LiveDistConnectionString is missing"],
    ] as const) {
      const { exitCode, out, err } = await runHere("clients", ...args);
      expect({ exitCode, out }).toEqual({ exitCode: 1, out: "" });
      expect(err).toMatch(/^livedist: [^\n]*\n$/);
      expect(err).toContain(says);
    }
    expect(existsSync(missing)).toBe(false);
  });

  test("has room for 64", async () => {
    for (let bitNumber = 0; bitNumber < 64; bitNumber++)
      await store.clients.add({ clientId: `c${bitNumber}`, bitNumber });
    const { exitCode, err } = await runHere("clients", "add", "one-more", "--database", database);
    expect(exitCode).toBe(1);
    expect(err).toContain("all 64 BitNumbers are taken");
  });

  test.for([
    { args: ["clients", "add"], says: "missing required argument 'clientId'" },
    { args: ["clients", "add", "lima", "--bit", "64"], says: "from 0 to 63" },
    { args: ["clients", "lst"], says: "Did you mean list?" },
  ])("refuses $args in one line with the exit code 2", async ({ args, says }) => {
    const { exitCode, err } = await runHere(...args);
    expect(exitCode).toBe(2);
    expect(err).toMatch(/^livedist: [^\n]*; see livedist clients[^\n]* --help\n$/);
    expect(err).toContain(says);
  });
});

describe("livedist new-epoch", () => {
  /** Runs it for a person at a terminal who answers so. */
  async function runAnswering(answer: string): Promise<{ exitCode: number; out: string; err: string }> {
    let [out, err] = ["", ""];
    const terminal = {
      out: (text: string) => void (out += text),
      err: (text: string) => void (err += text),
      isTty: true,
      ask: (question: string) => ((err += question), Promise.resolve(answer)),
    };
    const context = { terminal, environment: {}, interrupted: () => new AbortController().signal };
    const exitCode = await runCli(["new-epoch", "--database", database], context);
    return { exitCode, out, err };
  }

  test("asks, begins a new epoch, and says what happens now", async () => {
    const before = await store.log.bounds();
    const { exitCode, out, err } = await runAnswering("yes");
    const after = await store.log.bounds();
    expect(exitCode).toBe(0);
    expect(err).toContain(before.epoch);
    expect(out).toContain(`old epoch  ${before.epoch}\nnew epoch  ${after.epoch}\n`);
    expect(out).toContain("Clients load again");
    expect(after.epoch).not.toBe(before.epoch);
  });

  test.for(["", "no", "yesterday"])('changes nothing at the answer "%s"', async (answer) => {
    const before = await store.log.bounds();
    const { exitCode, err } = await runAnswering(answer);
    expect(exitCode).toBe(1);
    expect(err).toContain("nothing was changed");
    expect(await store.log.bounds()).toEqual(before);
  });

  test("wants --yes where nobody can be asked", async () => {
    const before = await store.log.bounds();
    const refused = await runCommand("new-epoch", "--database", database);
    expect(refused).toMatchObject({ exitCode: 1, out: "" });
    expect(refused.err).toMatch(/^livedist: [^\n]*--yes[^\n]*\n$/);
    expect(await store.log.bounds()).toEqual(before);
    expect((await runHere("new-epoch", "--yes", "--database", database)).out).toContain(before.epoch);
    expect((await store.log.bounds()).epoch).not.toBe(before.epoch);
  });
});
