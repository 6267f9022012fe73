import { bugToPlant, plantedConfig } from "../../support/planted-bug.js";
import { plantedBugs } from "./planted-bugs.js";

const { test, rule } = bugToPlant(plantedBugs)!;

/** Runs the tests of a rule over a source into which a bug was planted. */
export default plantedConfig(plantedBugs, test, `\\b${rule}[:,] `);
