import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { formatTable } from "./format-table.js";
import type { BenchOptions, Size } from "./measure.js";
import { subjects, type SubjectName } from "./subjects.js";

/* npm run bench [-- subject…] [--size tiny|full] [--seed n] */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { size: { type: "string", default: "full" }, seed: { type: "string", default: "1" } },
});

const names = positionals.length > 0 ? positionals.map(checkSubject) : (Object.keys(subjects) as SubjectName[]);
const options: BenchOptions = { size: checkSize(values.size), seed: checkSeed(values.seed) };
printHead();
for (const name of names) {
  console.log(`\n== ${name} ==`);
  for (const table of await subjects[name](options)) console.log(`\n${formatTable(table)}`);
}

function printHead(): void {
  const processors = cpus();
  console.log(`npm run bench -- ${[...names, "--size", options.size, "--seed", options.seed].join(" ")}`);
  console.log(`node ${process.version}, ${processors[0]?.model.trim() ?? "unknown CPU"}, ${processors.length} cores`);
  console.log("median of the runs (least – most), and how many times the yardstick's median that is");
}

function checkSubject(name: string): SubjectName {
  if (name in subjects) return name as SubjectName;
  return refuse(`unknown subject ${name}; there are ${Object.keys(subjects).join(", ")}`);
}

function checkSize(size: string): Size {
  return size === "tiny" || size === "full" ? size : refuse("--size must be tiny or full");
}

function checkSeed(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : refuse("--seed must be a whole number of at most 9 digits");
}

function refuse(message: string): never {
  console.error(message);
  process.exit(1);
}
