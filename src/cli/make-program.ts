import { Command } from "commander";
import { LIVEDIST_VERSION } from "../base/version.js";
import type { CliContext } from "./cli-context.js";
import { clientsCommand } from "./clients-command.js";
import { makeSchemaCommand } from "./make-schema-command.js";
import { newEpochCommand } from "./new-epoch-command.js";
import { sliceCommand } from "./slice-command.js";
import { startCommand } from "./start-command.js";
import { statusCommand } from "./status-command.js";
import { tailCommand } from "./tail-command.js";
import { oneLine } from "./tell-error.js";
import { whyCommand } from "./why-command.js";

const commands = [
  sliceCommand,
  startCommand,
  tailCommand,
  statusCommand,
  makeSchemaCommand,
  clientsCommand,
  newEpochCommand,
  whyCommand,
];

/** Makes the program `livedist` with its commands. */
export function makeProgram(context: CliContext): Command {
  const program = settled(new Command("livedist"), context)
    .description("Keeps many sites and users current with the part of a database that each of them wants.")
    .version(LIVEDIST_VERSION, "--version", "show the version")
    .addHelpText("after", "\nlivedist <command> --help shows the options of a command, and an example.");
  for (const make of commands) program.addCommand(settled(make(context), context));
  return program;
}

/** Settles how a command, and those within it, speak: wrong calls are told in one line, and the process is not ended from within. */
function settled(command: Command, context: CliContext): Command {
  const { terminal } = context;
  for (const inner of command.commands) settled(inner, context);
  return command
    .helpOption("-h, --help", "show this help")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
      outputError: (text, write) => {
        write(
          `livedist: ${oneLine(text)
            .replace(/^error: /, "")
            .replace(/\.$/, "")}; see ${fullName(command)} --help`,
        );
      },
    });
}

function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}
