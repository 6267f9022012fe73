// Builds the package: compiles the grammar into a parser, then TypeScript into dist/.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import peggy from "peggy";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const grammarFile = join(root, "grammar", "topics-slice.peggy");
const parser = peggy.generate(readFileSync(grammarFile, "utf8"), {
  grammarSource: grammarFile,
  output: "source",
  format: "es",
});
writeFileSync(
  join(root, "src", "topics", "topics-slice-parser.ts"),
  `// @ts-nocheck: generated from grammar/topics-slice.peggy by scripts/build.mjs\n${parser}`,
);

rmSync(join(root, "dist"), { recursive: true, force: true });
mkdirSync(join(root, "dist"));
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.json")], { stdio: "inherit" });
