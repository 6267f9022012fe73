// Compiles the grammar of topics-slices into the parser's source.
import { readFileSync, writeFileSync } from "node:fs";
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
  writeFileSync(
    join(root, "src", "topics", "topics-slice-parser.ts"),
    `// @ts-nocheck: generated from grammar/topics-slice.peggy by scripts/make-parser.mjs\n${parser}`,
  );
}
