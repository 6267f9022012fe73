import { defineConfig } from "vitest/config";
import { fileURLToPath } from "node:url";
import { plantedBugs } from "./planted-bugs.js";

const source = fileURLToPath(new URL("../../src/", import.meta.url));
const bug = plantedBugs.find(({ name }) => name === process.env["LIVEDIST_PLANTED_BUG"]);

/** Runs the model over a source into which the bug was planted that LIVEDIST_PLANTED_BUG names; without it, over the source as it is. */
export default defineConfig({
  root: fileURLToPath(new URL("../../", import.meta.url)),
  test: { include: ["test/model/model-1.test.ts"], maxWorkers: 1 },
  plugins: [
    {
      name: "plant-a-bug",
      enforce: "pre",
      transform(code: string, id: string): string | undefined {
        return bug !== undefined && id === source + bug.file ? code.replace(bug.find, () => bug.replace) : undefined;
      },
    },
  ],
});
