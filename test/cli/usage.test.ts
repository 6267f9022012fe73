import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { RunningProgram, runCommand, runHere, startCommand } from "./command.js";
import { fileURLToPath } from "node:url";

const commands = ["slice", "start", "tail", "status", "make-schema", "clients", "new-epoch", "why"];

const NOBODY = `http://127.0.0.1:${await freePort()}`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

describe("livedist", () => {
  test.for(commands)("%s --help shows an example", async (command) => {
    const { exitCode, out, err } = await runHere(command, "--help");
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: "" });
    expect(out).toContain(`Usage: livedist ${command}`);
    expect(out).toMatch(new RegExp(`Example:\\n {2}livedist ${command} `));
  });

  test("--version and --help", async () => {
    expect(await runHere("--version")).toMatchObject({
      exitCode: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    });
    const { exitCode, out } = await runHere("--help");
    expect(exitCode).toBe(0);
    for (const command of commands) expect(out).toContain(command);
  });

  test.for([
    { args: ["slcie", "A"], says: "Did you mean slice?" },
    { args: ["slice"], says: "missing required argument 'expression'" },
    { args: ["slice", "A", "--jsn"], says: "Did you mean --json?" },
    { args: ["status", "nonsense"], says: "It has to be a URL" },
    { args: ["tail", "http://127.0.0.1:8080"], says: "missing required argument 'slice'" },
    { args: ["make-schema", "classes.xml"], says: "required option '--name <schema-name>' not specified" },
  ])("refuses $args in one line with the exit code 2", async ({ args, says }) => {
    const { exitCode, out, err } = await runHere(...args);
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: "" });
    expect(err).toMatch(/^livedist: [^\n]*; see livedist[^\n]* --help\n$/);
    expect(err).toContain(says);
  });

  test.for([
    { args: ["slice", "A**B"], says: "line 1, column 3" },
    { args: ["slice", "A", "--topics", "A,B"], says: "a topics-list begins and ends with a comma" },
    { args: ["status", NOBODY], says: "check the address, and that a server runs there" },
    { args: ["tail", NOBODY, "A"], says: "check the address, and that a server runs there" },
    { args: ["tail", NOBODY, "A+"], says: "the topics-slice ends" },
    { args: ["start", "--config", "/nowhere/web.config"], says: "there is no file /nowhere/web.config" },
    { args: ["make-schema", "/nowhere/classes.xml", "--name", "v1"], says: "cannot be read" },
  ])("tells what is wrong with $args in one line, with the exit code 1", async ({ args, says }) => {
    const { exitCode, out, err } = await runHere(...args);
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: "" });
    expect(err).toMatch(/^livedist: [^\n]*\n$/);
    expect(err).toContain(says);
  });

  test("ends as a process with these exit codes", async () => {
    expect(await runCommand("slice", "A")).toMatchObject({ exitCode: 0, err: "" });
    expect(await runCommand("slice", "A**B")).toMatchObject({ exitCode: 1, out: "" });
    expect(await runCommand("slice")).toMatchObject({ exitCode: 2, out: "" });
  });

  test("shows the stack where LIVEDIST_DEBUG is set", async () => {
    const file = fileURLToPath(new URL("../../src/cli/livedist.ts", import.meta.url));
    const { err } = await new RunningProgram(file, ["slice", "A**B"], { LIVEDIST_DEBUG: "1" }).outcome();
    expect(err).toMatch(/\n\s+at /);
  });

  test("ends in silence where nobody reads its output", async () => {
    const command = startCommand("slice", "A");
    command.child.stdout!.destroy();
    expect(await command.outcome()).toMatchObject({ exitCode: 0, err: "" });
  });
});

describe("livedist slice", () => {
  test("shows the tree, the canonical text and the topics", async () => {
    const { exitCode, out } = await runHere("slice", " (T2 + T3) * !T1 ", "--topics", ",T2,T1,");
    expect(exitCode).toBe(0);
    expect(out).toContain("group\n  T2\n  or T3\nand not T1\n");
    expect(out).toMatch(/canonical +\(?T2\+T3\)?\*!T1\n/);
    expect(out).toMatch(/excluded +T1\n/);
    expect(out).toMatch(/selected +no\nvetoed +yes\n$/);
  });

  test("prints one JSON object", async () => {
    const { out } = await runHere("slice", "A*!B", "--topics", ",A,", "--json");
    expect(JSON.parse(out)).toMatchObject({
      positiveTopics: ["A"],
      excludedTopics: ["B"],
      neededTopics: ["A"],
      topicsList: { text: ",A,", selected: true, vetoed: false },
    });
  });
});
