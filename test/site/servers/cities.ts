import { deltaClass } from "../../../src/delta/delta-class.js";
import { int32, string } from "../../../src/delta/field-types.js";
import { makeSchema } from "../../../src/delta/schema.js";

export const City = deltaClass("City", { name: string(), size: int32() });
export const schema = makeSchema("v1", [City]);
