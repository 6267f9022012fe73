import Database from "better-sqlite3";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { deltaClass } from "../../src/delta/delta-class.js";
import { int32, string } from "../../src/delta/field-types.js";
import { makeSchema } from "../../src/delta/schema.js";
import type { CopyState } from "../../src/edge/entity-copy.js";
import { SqliteCopy } from "../../src/edge/sqlite-copy.js";
import { useSqliteFiles } from "../store/sqlite-files.js";
import { id } from "./answers.js";
import { Thing, thing, thingsSchema } from "./things.js";

const files = useSqliteFiles();
const state: CopyState = { position: { epoch: "e1", sequence: 5 }, topicsSlice: "A" };

describe("SqliteCopy", () => {
  it("has everything again when the file is opened again", async () => {
    const path = await files().path("copy.db");
    const first = new SqliteCopy(path, thingsSchema);
    first.apply({ puts: [thing(1, { text: "a" })], removes: [], state });
    first.close();
    first.close();
    const second = files().closeLater(new SqliteCopy(path, thingsSchema));
    expect([second.size, second.state(), second.get(id(1))]).toEqual([1, state, thing(1, { text: "a" })]);
  });

  it("has all of an apply or nothing after its process was killed", async () => {
    const path = await files().path("copy.db");
    const script = fileURLToPath(new URL("writing-process.ts", import.meta.url));
    const child = spawn(process.execPath, ["--import", "tsx", script, path], { stdio: ["ignore", "pipe", "inherit"] });
    const exit = once(child, "exit");
    for await (const line of createInterface(child.stdout)) if (Number(line) >= 50) break;
    child.kill("SIGKILL");
    await exit;
    const copy = files().closeLater(new SqliteCopy(path, thingsSchema));
    const { sequence } = copy.state()!.position;
    expect(sequence).toBeGreaterThanOrEqual(50);
    expect(copy.size).toBe(21);
    expect(new Set([...copy.values()].map(({ fields }) => fields["small"]))).toEqual(new Set([sequence]));
  });

  it("keeps what was before where one of the changes fails", () => {
    const copy = new SqliteCopy(":memory:", thingsSchema);
    copy.apply({ puts: [thing(1)], removes: [], state });
    const stranger = { ...thing(2), deltaClass: deltaClass("Stranger", {}), fields: {} };
    expect(() => copy.apply({ puts: [thing(3), stranger], removes: [id(1)], state: undefined })).toThrow(
      expect.objectContaining({ code: "DeltaBuffer" }),
    );
    expect([copy.techIds(), copy.state()]).toEqual([[id(1)], state]);
  });

  it("gives what an earlier schema stored in the classes of the present one", async () => {
    const path = await files().path("copy.db");
    const old = new SqliteCopy(path, thingsSchema);
    old.apply({ puts: [thing(1, { text: "a", small: 7 })], removes: [], state });
    old.close();
    const Newer = deltaClass("Thing", { added: string(), small: int32() });
    const newer = files().closeLater(new SqliteCopy(path, makeSchema("things2", [Newer])));
    expect(newer.get(id(1))).toEqual({ ...thing(1), deltaClass: Newer, fields: { added: null, small: 7 } });
    expect(() => new SqliteCopy(path, makeSchema("things1", [Newer]))).toThrow(
      expect.objectContaining({ code: "Config" }),
    );
  });

  it("shares a database of the application's, with several copies, and lets it be queried", () => {
    const database = new Database(":memory:");
    const copies = ["One", "Two"].map((tablesPrefix) => new SqliteCopy(database, thingsSchema, { tablesPrefix }));
    copies[0]!.apply({ puts: [thing(1, {}, ["A", "B"]), thing(2)], removes: [], state });
    expect(copies.map(({ size }) => size)).toEqual([2, 0]);
    expect(
      database.prepare("SELECT ClassName, TechId, UpdateTime FROM OneEntities WHERE Topics LIKE '%,B,%'").all(),
    ).toEqual([{ ClassName: Thing.name, TechId: id(1), UpdateTime: thing(1).updateTime.getTime() }]);
    copies[0]!.close();
    expect(database.open).toBe(true);
    database.exec("BEGIN");
    expect(() => copies[0]!.apply({ puts: [], removes: [id(1)], state })).toThrow(
      expect.objectContaining({ code: "Store" }),
    );
    database.exec("ROLLBACK");
    expect(copies[0]!.size).toBe(2);
  });

  it("gives all entities, however many, also while others are stored", () => {
    const copy = new SqliteCopy(":memory:", thingsSchema);
    copy.apply({ puts: Array.from({ length: 2_500 }, (_, n) => thing(n)), removes: [], state });
    const given: string[] = [];
    for (const { techId } of copy.values()) {
      if (given.length === 1_200) copy.apply({ puts: [thing(0, { small: 1 })], removes: [], state });
      given.push(techId);
    }
    expect(given).toEqual(Array.from({ length: 2_500 }, (_, n) => id(n)));
  });

  it("refuses what is no database, no prefix, and what is closed", async () => {
    const path = await files().path("missing/copy.db");
    expect(() => new SqliteCopy(path, thingsSchema)).toThrow(expect.objectContaining({ code: "Store" }));
    expect(() => new SqliteCopy(":memory:", thingsSchema, { tablesPrefix: "a b" })).toThrow(
      expect.objectContaining({ code: "Config" }),
    );
    const closed = new SqliteCopy(":memory:", thingsSchema);
    closed.close();
    expect(() => closed.get(id(1))).toThrow(expect.objectContaining({ code: "Store" }));
  });
});
