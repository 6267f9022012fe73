import { bugToPlant, plantedConfig } from "../support/planted-bug.js";
import { plantedBugs } from "./planted-bugs.js";

/** Runs the scenario of its rule over a source into which a bug was planted. */
export default plantedConfig(
  plantedBugs,
  "test/simulation/regressions.test.ts",
  `^'?${bugToPlant(plantedBugs)?.rule}: `,
);
