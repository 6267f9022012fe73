import { Command } from "commander";
import { LiveDistError } from "../base/errors.js";
import type { CliContext } from "./cli-context.js";
import { type DatabaseOptions, withDatabase, withDatabaseOptions } from "./database-options.js";

const EXAMPLE = `
To be run after a database was restored or copied back: its sequence-numbers count anew from an older state, and clients would
take other rows for those that they have. Servers that run notice the new epoch within 10 seconds.

Example:
  livedist new-epoch --config web.config`;

const WHAT_HAPPENS_NOW = `What happens now: every position that a client holds belongs to the old epoch and is refused (EpochChanged).
Clients load again; a Replica does so by itself, and the application's data stays as it is.`;

/** Makes the command that begins a new epoch of the log, as has to be done after a restore. */
export function newEpochCommand(context: CliContext): Command {
  return withDatabaseOptions(new Command("new-epoch"))
    .description("Begin a new epoch of the log, after the database was restored: clients load again.")
    .option("--yes", "do not ask")
    .addHelpText("after", EXAMPLE)
    .action(async ({ yes, ...options }: DatabaseOptions & { yes?: true }) => {
      await withDatabase(options, context, async ({ log }) => {
        const { epoch, lastSequence } = await log.bounds();
        if (!yes) await confirm(`The log is in the epoch ${epoch}, at sequence ${lastSequence}.`, context);
        context.terminal.out(`old epoch  ${epoch}\nnew epoch  ${await log.newEpoch()}\n\n${WHAT_HAPPENS_NOW}`);
      });
    });
}

/** Asks the person at the terminal. Rejects with Request where there is none, or the answer is not yes. */
async function confirm(standing: string, { terminal }: CliContext): Promise<void> {
  if (!terminal.ask) {
    throw new LiveDistError("Request", "nobody is there to confirm it: say --yes, and all clients will load again");
  }
  terminal.err(standing);
  const answer = await terminal.ask("Begin a new epoch, so that all clients load again? [y/N] ");
  if (!/^y(es)?$/i.test(answer.trim())) throw new LiveDistError("Request", "nothing was changed");
}
