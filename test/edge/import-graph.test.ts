import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { expect, it } from "vitest";

const source = resolve(import.meta.dirname, "../../src");

interface Import {
  readonly from: string;
  readonly specifier: string;
}

/** Gives every import that is reached from a file, types included. */
function importsFrom(entry: string): Import[] {
  const seen = new Set<string>();
  const imports: Import[] = [];
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, specifier] of readFileSync(file, "utf8").matchAll(
      /(?:^(?:import|export)\b[^;"']*?\bfrom\s*|^import\s*|\bimport\()["']([^"']+)["']/gm,
    )) {
      imports.push({ from: relative(source, file), specifier: specifier! });
      if (specifier!.startsWith(".")) visit(resolve(dirname(file), specifier!.replace(/\.js$/, ".ts")));
    }
  };
  visit(entry);
  return imports;
}

const imports = importsFrom(resolve(source, "edge/index.ts"));

it("needs no module but ws, which it imports only when a WebSocket is opened in Node", () => {
  expect(imports.filter(({ specifier }) => !specifier.startsWith("."))).toEqual([
    { from: "edge/web-socket.ts", specifier: "ws" },
  ]);
  expect(readFileSync(resolve(source, "edge/web-socket.ts"), "utf8")).toContain('await import("ws")');
});

it("stays in the folders that a browser may have", () => {
  const folders = new Set(imports.map(({ from }) => from.split(/[\\/]/)[0]));
  expect([...folders].sort()).toEqual(["base", "delta", "edge", "plugs", "topics", "wire"]);
});

it("names nothing that only Node has", () => {
  for (const from of new Set(imports.map((one) => one.from))) {
    const text = readFileSync(resolve(source, from), "utf8").replaceAll(/\/\*[^]*?\*\/|\/\/.*$/gm, "");
    expect(text, from).not.toMatch(/\bBuffer\.|\bprocess\.|\brequire\(|\b__dirname\b/);
  }
});
