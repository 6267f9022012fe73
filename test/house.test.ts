import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, sep } from "node:path";
import { describe, expect, it } from "vitest";

/**
 * The floors of the house, from the ground up. A folder imports from those below it only; folders of one floor know nothing
 * of each other. Two arrows decide places that the names alone would not: the store writes slices as SQL, so it stands above
 * topics; plugs give an application the store's snapshot, so they stand above the store.
 */
const floors: readonly (readonly string[])[] = [
  ["base"],
  ["topics", "delta"],
  ["wire"],
  ["registration"],
  ["store"],
  ["plugs"],
  ["cache-server"],
  ["delta-server"],
  ["edge", "http"],
  ["entities"],
  ["site"],
  ["console"],
  ["cli"],
];

const LINES_MAX = 400;
/** Made by a tool of the grammar; nobody reads it. */
const generated = new Set(["src/topics/topics-slice-parser.ts"]);

const files = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => `src/${path.split(sep).join("/")}`);
const sources = new Map(files.filter((path) => !generated.has(path)).map((path) => [path, readFileSync(path, "utf8")]));

function floorOf(folder: string): number {
  return floors.findIndex((folders) => folders.includes(folder));
}

/** The folder of a source file; files directly under src are the entries of the package, above everything. */
function folderOf(path: string): string | undefined {
  const [, folder, ...rest] = path.split("/");
  return rest.length === 0 ? undefined : folder;
}

/** Gives the imports of a file that reach into another folder of src. */
function importsOf(path: string, text: string): { folder: string; specifier: string }[] {
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"]+)"/g)].map(([, specifier]) => specifier!);
  return specifiers.flatMap((specifier) => {
    const folder = folderOf(
      normalize(join(dirname(path), specifier))
        .split(sep)
        .join("/"),
    );
    return folder === undefined || folder === folderOf(path) ? [] : [{ folder, specifier }];
  });
}

function filesWhere(isBad: (text: string, path: string) => boolean): string[] {
  return [...sources].filter(([path, text]) => isBad(text, path)).map(([path]) => path);
}

describe("the house", () => {
  it("has a floor for each folder of src", () => {
    expect(sources.size).toBeGreaterThan(100);
    const folders = new Set(files.flatMap((path) => folderOf(path) ?? []));
    expect([...folders].filter((folder) => floorOf(folder) < 0)).toEqual([]);
  });

  it("imports downwards only", () => {
    const arrows = [...sources].flatMap(([path, text]) => {
      const folder = folderOf(path);
      if (folder === undefined) return [];
      return importsOf(path, text).map((target) => ({
        path,
        ...target,
        isDown: floorOf(target.folder) < floorOf(folder),
      }));
    });
    expect(arrows.length).toBeGreaterThan(100);
    expect(arrows.filter(({ isDown }) => !isDown)).toEqual([]);
  });

  it("keeps the browser's side free of Node", () => {
    const reachable = new Set(["base", "topics", "delta", "wire", "plugs", "edge"]);
    const edge = [...sources].filter(([path]) => folderOf(path) === "edge");
    const targets = edge.flatMap(([path, text]) => importsOf(path, text).map(({ folder }) => folder));
    expect(targets.filter((folder) => !reachable.has(folder))).toEqual([]);
    expect(edge.filter(([, text]) => /from "node:/.test(text)).map(([path]) => path)).toEqual([]);
  });

  it(`has no file above ${LINES_MAX} lines`, () => {
    expect(filesWhere((text) => text.split("\n").length > LINES_MAX + 1)).toEqual([]);
  });

  it("does not write to the console", () => {
    expect(filesWhere((text, path) => /\bconsole\.\w+\(/.test(text) && !path.startsWith("src/cli/"))).toEqual([]);
  });

  it("throws errors with codes", () => {
    expect(filesWhere((text) => /\bthrow (new )?Error\b/.test(text))).toEqual([]);
  });
});
