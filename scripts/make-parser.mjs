// Compiles the grammar of topics-slices into the parser's source.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import peggy from "peggy";

/** Writes the parser of the package in a folder. */
export function makeParser(root) {
  const grammarFile = join(root, "grammar", "topics-slice.peggy");
  const parser = peggy.generate(readFileSync(grammarFile, "utf8"), {
    grammarSource: grammarFile,
    output: "source",
    format: "es",
  });
  const file = join(root, "src", "topics", "topics-slice-parser.ts");
  const source = `// @ts-nocheck: generated from grammar/topics-slice.peggy by scripts/make-parser.mjs\n${parser}`;
  // What is there already stays untouched: somebody may be reading it.
  if (!existsSync(file) || readFileSync(file, "utf8") !== source) writeFileSync(file, source);
}
