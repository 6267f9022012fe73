import { Command, InvalidArgumentError } from "commander";
import { LiveDistError } from "../base/errors.js";
import type { ClientRow, Store } from "../store/store.js";
import type { CliContext } from "./cli-context.js";
import { type DatabaseOptions, withDatabase, withDatabaseOptions } from "./database-options.js";

const BIT_NUMBER_MAX = 63;

const EXAMPLE = `
Every client has a row in LiveDistClients: its ClientId, the BitNumber that registered clients are told apart by, and whether
it is disabled. A server that runs notices a change within a second: it ends what a disabled or removed client has running,
and serves a new or enabled one.

Example:
  livedist clients add paris --config web.config`;

/** Makes the command that looks after the clients of a site (guide §2.7). */
export function clientsCommand(context: CliContext): Command {
  return new Command("clients")
    .description("Show, add, remove, disable and enable the clients of a site.")
    .addHelpText("after", EXAMPLE)
    .addCommand(listCommand(context))
    .addCommand(addCommand(context))
    .addCommand(changeCommand(context, "remove", "Remove a client's row.", "removed"))
    .addCommand(changeCommand(context, "disable", "Disable a client: its requests are ended and refused.", "disabled"))
    .addCommand(changeCommand(context, "enable", "Enable a client again.", "enabled"));
}

function listCommand(context: CliContext): Command {
  return withDatabaseOptions(new Command("list"))
    .description("Show the clients, by BitNumber.")
    .option("--json", "print a JSON array")
    .action(async ({ json, ...options }: DatabaseOptions & { json?: true }) => {
      const rows = await withDatabase(options, context, (store) => store.clients.list());
      context.terminal.out(json ? JSON.stringify(rows) : table(rows));
    });
}

function addCommand(context: CliContext): Command {
  return withDatabaseOptions(new Command("add"))
    .description("Add a client.")
    .argument("<clientId>", "its name, unique in the site")
    .option("--bit <n>", `its BitNumber, 0 to ${BIT_NUMBER_MAX} (default: the lowest that is free)`, bitNumber)
    .action(async (clientId: string, { bit, ...options }: DatabaseOptions & { bit?: number }) => {
      const added = await withDatabase(options, context, async (store) => {
        const taken = bit ?? (await lowestFreeBit(store));
        await store.clients.add({ clientId, bitNumber: taken });
        return taken;
      });
      context.terminal.out(`added ${clientId} with the BitNumber ${added}`);
    });
}

function changeCommand(
  context: CliContext,
  change: "remove" | "disable" | "enable",
  description: string,
  done: string,
): Command {
  return withDatabaseOptions(new Command(change))
    .description(description)
    .argument("<clientId>", "its name")
    .action(async (clientId: string, options: DatabaseOptions) => {
      await withDatabase(options, context, (store) => store.clients[change](clientId));
      context.terminal.out(`${done} ${clientId}`);
    });
}

async function lowestFreeBit({ clients }: Store): Promise<number> {
  const taken = new Set((await clients.list()).map((row) => row.bitNumber));
  for (let bit = 0; bit <= BIT_NUMBER_MAX; bit++) if (!taken.has(bit)) return bit;
  throw new LiveDistError(
    "Limit",
    `all ${BIT_NUMBER_MAX + 1} BitNumbers are taken: remove a client; any number of unregistered edges may share one`,
  );
}

function bitNumber(text: string): number {
  if (/^\d{1,2}$/.test(text) && Number(text) <= BIT_NUMBER_MAX) return Number(text);
  throw new InvalidArgumentError(`It is a whole number from 0 to ${BIT_NUMBER_MAX}.`);
}

function table(rows: readonly ClientRow[]): string {
  const header = ["CLIENTID", "BIT", "DISABLED"];
  const lines = rows.map((row) => [row.clientId, String(row.bitNumber), row.isDisabled ? "yes" : "no"]);
  const width = Math.max(...[header, ...lines].map(([clientId]) => clientId!.length));
  return [header, ...lines]
    .map(([clientId, bit, isDisabled]) => `${clientId!.padEnd(width)}  ${bit!.padStart(3)}  ${isDisabled!}`)
    .join("\n");
}
