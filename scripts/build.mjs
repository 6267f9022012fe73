// Builds the package: compiles the grammar into a parser, then TypeScript into dist/, and adds what else the console's page is made of.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeParser } from "./make-parser.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
makeParser(root);

rmSync(join(root, "dist"), { recursive: true, force: true });
mkdirSync(join(root, "dist"));
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.json")], { stdio: "inherit" });

const page = join("console", "page");
for (const name of readdirSync(join(root, "src", page))) {
  if (!name.endsWith(".ts")) copyFileSync(join(root, "src", page, name), join(root, "dist", page, name));
}
