// Compiles the benchmarks, and what they measure, into .bench: what loads TypeScript for development changes functions on the way.
import { execFileSync } from "node:child_process";
import { rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeParser } from "./make-parser.mjs";

/** Gives the folder of the compiled benchmarks. */
export function compileBench() {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const compiled = join(root, ".bench");
  makeParser(root);
  rmSync(compiled, { recursive: true, force: true });
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.bench.json")], { stdio: "inherit" });
  // The compiled code reads these beside itself, as it does in the package.
  for (const name of ["sql", "package.json"]) symlinkSync(join(root, name), join(compiled, name));
  return join(compiled, "bench");
}
