// Runs the benchmarks on compiled code, as users run it.
import { join } from "node:path";
import { compileBench } from "./compile-bench.mjs";

await import(join(compileBench(), "run.js"));
