import type { Version } from "../../delta/version.js";
import type { SqlSession } from "../../store/store.js";
import type { EntitiesDialect, TableDefinition } from "./entities-dialect.js";

/** Keeps the last version that the site gave, so that its clock goes on from there after a restart and in other processes. */
export class SiteVersionTable {
  readonly definition: TableDefinition;
  readonly #lockTables: string | undefined;
  readonly #select: string;
  readonly #update: string;
  readonly #insert: string;

  constructor(dialect: EntitiesDialect, prefix: string) {
    this.#lockTables = dialect.lockTables;
    const name = `${prefix}LiveDistEntities`;
    const columns = [
      { name: "Site", kind: "string", isField: false },
      { name: "LastVersion", kind: "string", isField: false },
    ] as const;
    this.definition = { name, columns, key: ["Site"], isClustered: true };
    const [table, site, lastVersion] = [name, columns[0].name, columns[1].name].map((one) => dialect.quote(one)) as [
      string,
      string,
      string,
    ];
    this.#select = `SELECT ${lastVersion} AS ${lastVersion} FROM ${table} WHERE ${site} = ?`;
    this.#update = `UPDATE ${table} SET ${lastVersion} = ? WHERE ${site} = ?`;
    this.#insert = `INSERT INTO ${table} (${lastVersion}, ${site}) VALUES (?, ?)`;
  }

  async read(session: SqlSession, site: string): Promise<Version | undefined> {
    const [row] = await session.all(this.#select, [site]);
    if (row === undefined) return undefined;
    const [timeMs, counter] = JSON.parse(String(row["LastVersion"])) as [number, number];
    return { timeMs, counter, site };
  }

  async write(session: SqlSession, site: string, { timeMs, counter }: Version): Promise<void> {
    const parameters = [JSON.stringify([timeMs, counter]), site];
    if ((await session.run(this.#update, parameters)) > 0) return;
    if (this.#lockTables !== undefined) {
      // Another transaction may be about to insert the row.
      await session.all(this.#lockTables);
      if ((await session.run(this.#update, parameters)) > 0) return;
    }
    await session.run(this.#insert, parameters);
  }
}
