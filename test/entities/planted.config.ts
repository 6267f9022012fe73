import { plantedConfig } from "../support/planted-bug.js";
import { plantedBugs } from "./planted-bugs.js";

/** Runs sites that exchange what they write over a source into which a bug was planted. */
export default plantedConfig(plantedBugs, "test/entities/receive-converge.test.ts");
