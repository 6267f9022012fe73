import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { importAppModule } from "../../src/cli/app-module.js";

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "livedist-module-"))));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const schema = "export const schema = { classNamed: () => undefined };\n";
  writeFileSync(join(folder, name), schema + text);
  return `./${name}`;
}

test("takes the plugs that the application's module exports, and no more", async () => {
  const text = "export const permit = { check() {} }; export const other = 1;";
  const { plugs, reader } = await importAppModule(write("plugs.mjs", text), folder);
  expect(Object.keys(plugs)).toEqual(["permit"]);
  expect(plugs.permit).toMatchObject({ check: expect.any(Function) as unknown });
  expect(reader).toBeUndefined();
});

test("takes the tables that the application has already, and refuses what are none", async () => {
  const text = 'export const tables = { City: { table: "cities", key: "id" } };';
  const { tables } = await importAppModule(write("tables.mjs", text), folder);
  expect(tables).toEqual({ City: { table: "cities", key: "id" } });
  expect((await importAppModule(write("no-tables.mjs", ""), folder)).tables).toEqual({});
  const importing = importAppModule(write("wrong-tables.mjs", 'export const tables = "cities";'), folder);
  await expect(importing).rejects.toThrow("exports tables that are no object");
});

test.for(["permit", "cacheNotifier", "control", "httpServer"])("refuses a %s that is none", async (name) => {
  const importing = importAppModule(write(`${name}.mjs`, `export const ${name} = {};`), folder);
  await expect(importing).rejects.toThrow(`exports a ${name} that is none`);
});
