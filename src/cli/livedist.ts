#!/usr/bin/env node
import { interrupted } from "./interrupted.js";
import { runCli } from "./run-cli.js";
import { processTerminal } from "./terminal.js";

const terminal = processTerminal();
const exitCode = await runCli(process.argv.slice(2), { terminal, environment: process.env, interrupted });
// Whatever a command left open does not keep the process; what it wrote goes out first.
process.stdout.write("", () => process.exit(exitCode));
