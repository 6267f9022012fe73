import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const program = "examples/first-program.ts";

it("shows the first program as it is compiled and run here", () => {
  const [, shown] = /```ts\n([\s\S]*?)```/.exec(readFileSync("README.md", "utf8")) ?? [];
  expect(shown).toBe(readFileSync(program, "utf8"));
  expect(readFileSync(program, "utf8").trimEnd().split("\n").length).toBeLessThanOrEqual(35);
});

it("prints what the README says that it prints", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", program]);
  expect(stdout).toBe("enter Lima\nleave Lima\n");
  expect(readFileSync("README.md", "utf8")).toContain(stdout);
});
