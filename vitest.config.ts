import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take long, the longest first. At the end of a run one of them would keep all but one core idle. */
const longest = [
  "test/model/planted-bugs.test.ts",
  "test/simulation/planted-bugs.test.ts",
  "test/model/processes.test.ts",
  "test/simulation/simulation-1.test.ts",
  "test/simulation/simulation-2.test.ts",
  "test/simulation/regressions.test.ts",
  "test/model/model-1.test.ts",
  "test/model/model-2.test.ts",
  "test/model/model-postgresql.test.ts",
  "test/cli/servers.test.ts",
  "test/bench/bench.test.ts",
  "test/site/tree-processes.test.ts",
  "test/examples/cities.test.ts",
  "test/site/servers/planted-bugs.test.ts",
  "test/entities/unit.test.ts",
  "test/console/screens.test.ts",
  "test/entities/planted-bugs.test.ts",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((path) => moduleId.endsWith(path));
      return at < 0 ? longest.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

/** Tests without state in modules, which share processes and what these have loaded: loading takes them longer than running. */
const sharing = ["base", "delta", "registration", "topics", "wire"].map((folder) => `test/${folder}/**/*.test.ts`);

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: "sharing", include: sharing, isolate: false } },
      {
        extends: true,
        test: {
          name: "alone",
          include: ["test/**/*.test.ts"],
          exclude: sharing,
          globalSetup: ["test/support/postgresql-server.ts"],
        },
      },
    ],
    // Several of the long ones wait for processes most of the time.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // How long a thing may take says the test; a machine that does much else is no fault.
    expect: { poll: { timeout: 30_000 } },
  },
});
