import { Command, InvalidArgumentError, Option } from "commander";

export interface Options {
  /** Stop after `seconds` of edits, and check every site and copy. */
  readonly once: boolean;
  readonly seconds: number;
  /** How many cities to store; undefined for all. */
  readonly cities: number | undefined;
  readonly port: number;
  /** A connection string; undefined for a new database in a temporary folder. */
  readonly database: string | undefined;
  readonly seed: number;
}

const program = new Command("npm start --")
  .description(
    "Stores the cities of the world, starts a tree of sites, and shows what sites and edges receive while cities are edited at all of them.",
  )
  .addOption(
    new Option("--once", "stop after --seconds of edits, then compare all sites and every edge's copy by SQL").default(
      false,
    ),
  )
  .option("--seconds <n>", "seconds of edits with --once", wholeNumber(1, 3_600), 5)
  .option("--cities <n>", "store so many cities only (default: all, 135,233)", wholeNumber(1_000, 1_000_000))
  .option("--port <n>", "the port of the center; 0 takes any that is free", wholeNumber(0, 65_535), 8080)
  .option(
    "--database <connection string>",
    "a database of the center that is kept: sqlite:cities.db, postgres://user:password@host/database, or Server=…;Database=… for SQL Server (default: a temporary SQLite file)",
  )
  .option("--seed <n>", "the seed of the simulated edits", wholeNumber(0, 2 ** 32 - 1), 1)
  .addHelpText("after", "\nExample:\n  npm start -- --once --seconds 10\n\nCtrl-C stops it.");

/** Reads the options of the command line; ends the process where they are wrong, or help is asked for. */
export function readOptions(args: readonly string[]): Options {
  return program.parse(args, { from: "user" }).opts<Options>();
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It has to be a whole number from ${min} to ${max}.`);
  };
}
