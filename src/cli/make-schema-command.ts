import { Command } from "commander";
import { makeSchema, type Schema } from "../delta/schema.js";
import { openStore } from "../store/open-store.js";
import type { CliContext } from "./cli-context.js";
import { readClassList } from "./read-class-list.js";

interface MakeSchemaOptions {
  readonly name: string;
  readonly database?: string;
  readonly tablesPrefix?: string;
}

const EXAMPLE = `
Without --database the schema is printed and stored nowhere. A schema that has changed needs a new name.

Example:
  livedist make-schema classes.xml --name v2 --database sqlite:site.db

where classes.xml holds, base classes first, with modules relative to its own folder:
  <LiveDist>
    <DeltaClass className="City,./dist/classes.js" />
  </LiveDist>`;

/** Makes the command that makes a schema of delta-classes and stores it (guide §4.4, MakeSchema). */
export function makeSchemaCommand({ terminal }: CliContext): Command {
  return new Command("make-schema")
    .description(
      "Make the distribution schema of the delta-classes that an XML file lists, and store it in the database.",
    )
    .argument("<classes.xml>", "the list of delta-classes")
    .requiredOption("--name <schema-name>", "a short name with a version number, as v2")
    .option("--database <connection string>", "where to store it, as sqlite:site.db")
    .option("--tables-prefix <prefix>", "LiveDistTablesPrefix of the database")
    .addHelpText("after", EXAMPLE)
    .action(async (file: string, options: MakeSchemaOptions) => {
      const schema = makeSchema(options.name, await readClassList(file));
      if (options.database !== undefined) {
        const isNew = await storeSchema(schema, options.database, options.tablesPrefix);
        terminal.err(isNew ? `stored as ${schema.name}` : `${schema.name} is stored already, with the same text`);
      }
      terminal.out(schema.text.trimEnd());
    });
}

/** Stores a schema; gives whether it was not there. Rejects with Config where the name is taken by another text. */
async function storeSchema(
  { name, text }: Schema,
  database: string,
  tablesPrefix: string | undefined,
): Promise<boolean> {
  const store = await openStore(database, { tablesPrefix });
  try {
    const isNew = (await store.schemas.get(name)) === undefined;
    await store.schemas.put(name, text);
    return isNew;
  } finally {
    await store.close();
  }
}
