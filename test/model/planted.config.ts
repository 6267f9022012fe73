import { plantedConfig } from "../support/planted-bug.js";
import { plantedBugs } from "./planted-bugs.js";

/** Runs the model over a source into which a bug was planted. */
export default plantedConfig(plantedBugs, "test/model/model-1.test.ts");
