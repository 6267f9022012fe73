import { readdirSync, readFileSync } from "node:fs";
import { basename, sep } from "node:path";
import { describe, expect, it } from "vitest";

/** The files of tests by their path below test/, without extensions: "delta-server/decide", "store/contract-log" … */
const titles = new Map(
  readdirSync("test", { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => [
      path
        .split(sep)
        .join("/")
        .replace(/(\.test)?\.ts$/, ""),
      numberedTitles(readFileSync(`test/${path}`, "utf8")),
    ]),
);

/** Gives the rules that titles name: a title begins with them, as in R15, R16: is … */
function numberedTitles(source: string): string[] {
  return [...source.matchAll(/["'`]R\d[^"'`:]*:/g)].map(([begin]) => begin.slice(1, -1));
}

function rulesNamedIn(file: string): Set<string> {
  return new Set(titles.get(file)!.flatMap((title) => title.split(", ")));
}

interface Rule {
  readonly number: string;
  /** What stands in brackets: the files that hold it. */
  readonly files: readonly string[];
}

/** The rules of the page: each is an item that ends where the next item or heading begins. */
const rules: readonly Rule[] = [
  ...readFileSync("docs/protocol.md", "utf8").matchAll(/^- \*\*(R\d+)\*\*([\s\S]*?)(?=^- \*\*R|^#)/gm),
].map(([, number, text]) => {
  const [, files = ""] = /\*\(([^)]+)\)\*/.exec(text!) ?? [];
  return { number: number!, files: files.split(/,\s+/) };
});

/** Gives the files with a name, which may have its folder in front where there are others. */
function filesNamed(name: string): string[] {
  return [...titles.keys()].filter((file) => file === name || basename(file) === name);
}

describe("docs/protocol.md", () => {
  it("numbers its rules one after the other", () => {
    expect(rules.map(({ number }) => number)).toEqual(rules.map((_, at) => `R${at + 1}`));
    expect(rules.length).toBeGreaterThan(40);
  });

  it.each(rules)("names with $number the files whose tests name it, and no others", ({ number, files }) => {
    for (const file of files) expect([file, filesNamed(file)]).toEqual([file, [expect.any(String)]]);
    const naming = [...titles.keys()].filter((file) => rulesNamedIn(file).has(number));
    expect(files.flatMap(filesNamed).sort()).toEqual(naming.sort());
    expect(naming).not.toEqual([]);
  });

  it("has a rule for each number in a title", () => {
    const known = new Set(rules.map(({ number }) => number));
    const unknown = [...titles].flatMap(([file, begins]) =>
      begins.filter((begin) => !begin.split(", ").every((number) => known.has(number))).map((begin) => [file, begin]),
    );
    expect(unknown).toEqual([]);
  });
});
