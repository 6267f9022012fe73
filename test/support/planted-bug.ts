import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ViteUserConfig } from "vitest/config";

/** A bug to be planted in the source: `find` is to stand in the file exactly once. */
export interface PlantedBug {
  readonly name: string;
  /** Relative to src. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const source = `${root}src/`;

/** Gives the bug that is to be planted; undefined where none is. */
export function bugToPlant<T extends PlantedBug>(bugs: readonly T[]): T | undefined {
  return bugs.find(({ name }) => name === process.env["LIVEDIST_PLANTED_BUG"]);
}

/**
 * Gives the configuration that runs one test file, or those of its tests whose names begin so, over a source into which the bug was
 * planted that LIVEDIST_PLANTED_BUG names; without it, over the source as it is.
 */
export function plantedConfig(bugs: readonly PlantedBug[], test: string, names?: string): ViteUserConfig {
  const bug = bugToPlant(bugs);
  return {
    root,
    test: {
      include: [test],
      // Started where a test asks for it.
      globalSetup: ["test/support/postgresql-server.ts"],
      ...(names !== undefined && { testNamePattern: new RegExp(names) }),
      maxWorkers: 1,
      // Most of what such a run takes is reading the source: the runs of one test, which follow one another, share what is made of
      // it, but for the file with the bug.
      experimental: {
        fsModuleCache: true,
        fsModuleCachePath: `node_modules/.planted-bugs/${test.replaceAll("/", "-")}`,
      },
    },
    plugins: [
      {
        name: "plant-a-bug",
        enforce: "pre",
        configureVitest({ experimental_defineCacheKeyGenerator: defineKey }) {
          defineKey(({ id }) => (bug !== undefined && id === source + bug.file ? bug.name : undefined));
        },
        transform(code: string, id: string): string | undefined {
          return bug !== undefined && id === source + bug.file ? code.replace(bug.find, () => bug.replace) : undefined;
        },
      },
    ],
  };
}

/** Runs such a configuration in a process of its own; gives its output and how it ended. */
export function runPlanted(
  config: string,
  bug: string,
  environment: NodeJS.ProcessEnv,
): Promise<{ code: number | string; output: string }> {
  const args = [fileURLToPath(new URL("node_modules/vitest/vitest.mjs", `file://${root}`)), "run", "--config", config];
  const env = {
    ...process.env,
    VITEST: undefined,
    VITEST_POOL_ID: undefined,
    NO_COLOR: "1",
    ...environment,
    LIVEDIST_PLANTED_BUG: bug,
  };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      args,
      { cwd: root, env, maxBuffer: 64 * 1024 * 1024, timeout: 200_000 },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : (error.code ?? "killed"), output: stdout + stderr });
      },
    );
  });
}

/** Gives how often what a bug replaces stands in its file. */
export function occurrences({ file, find }: PlantedBug): number {
  return readFileSync(source + file, "utf8").split(find).length - 1;
}
