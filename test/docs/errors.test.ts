import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { errorCodes } from "../../src/base/error-codes.js";
// @ts-expect-error -- a script without types
import { formatErrorReference } from "../../scripts/error-reference.mjs";

it("docs/errors.md says what the table of error codes says", () => {
  const format = formatErrorReference as (codes: typeof errorCodes) => string;
  expect(readFileSync("docs/errors.md", "utf8")).toBe(format(errorCodes));
});
