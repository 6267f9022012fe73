import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { formatTable } from "./format-table.js";
import type { BenchOptions, Size } from "./measure.js";
import { writeFigures } from "./performance-page.js";
import { subjects, type SubjectName } from "./subjects.js";

/*
 * npm run bench [-- subject…] [--size tiny|full] [--seed n] [--write]
 *
 * --write puts the figures into docs/performance.md as well; without a subject, in full size, that goes without saying.
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: "string", default: "full" },
    seed: { type: "string", default: "1" },
    write: { type: "boolean", default: false },
  },
});

const names = positionals.length > 0 ? positionals.map(checkSubject) : (Object.keys(subjects) as SubjectName[]);
const options: BenchOptions = { size: checkSize(values.size), seed: checkSeed(values.seed) };
const processors = cpus();
const machine = `node ${process.version}, ${processors[0]?.model.trim() ?? "unknown CPU"}, ${processors.length} cores`;
const writes = values.write || (positionals.length === 0 && options.size === "full");
console.log(`${machine}\nmedian of the runs (least – most), and how many times the yardstick's median that is`);
for (const name of names) {
  const command = `npm run bench -- ${[name, "--size", options.size, "--seed", options.seed].join(" ")}`;
  const head = [command, `${new Date().toISOString().slice(0, 10)}, ${machine}`];
  console.log(`\n${command}`);
  const tables = await subjects[name](options);
  for (const table of tables) console.log(`\n${formatTable(table)}`);
  // Run in the package's folder, as npm does.
  if (writes) await writeFigures("docs/performance.md", name, head, tables);
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
