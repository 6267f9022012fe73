// Sends a hundred thousand hostile inputs to a server (test/hostile); `npm run hostile -- 5000 7` takes another number, and a seed.
import { spawnSync } from "node:child_process";

const [inputs = "100000", seed = "1"] = process.argv.slice(2);
const { status } = spawnSync("npx", ["vitest", "run", "test/hostile"], {
  stdio: "inherit",
  env: { ...process.env, LIVEDIST_HOSTILE_INPUTS: inputs, LIVEDIST_HOSTILE_SEED: seed },
});
process.exitCode = status ?? 1;
