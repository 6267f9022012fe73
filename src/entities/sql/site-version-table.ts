import type { Version } from "../../delta/version.js";
import type { SqlSession } from "../../store/store.js";
import type { EntitiesDialect, TableDefinition } from "./entities-dialect.js";

/** What is noted of a site. */
export interface SiteNote {
  /** The last version that the site gave or saw. */
  readonly last: Pick<Version, "timeMs" | "counter">;
  /** The log's epoch in which it was given; undefined where nobody noted it. */
  readonly epoch: string | undefined;
  /** What stood behind the site's name in its versions. */
  readonly incarnation: string;
}

type SiteNoteText = [timeMs: number, counter: number, epoch?: string, incarnation?: string];

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

  async read(session: SqlSession, site: string): Promise<SiteNote | undefined> {
    const [row] = await session.all(this.#select, [site]);
    if (row === undefined) return undefined;
    const [timeMs, counter, epoch, incarnation = ""] = JSON.parse(String(row["LastVersion"])) as SiteNoteText;
    return { last: { timeMs, counter }, epoch, incarnation };
  }

  async write(session: SqlSession, site: string, { last, epoch, incarnation }: SiteNote): Promise<void> {
    const text = [last.timeMs, last.counter, epoch, incarnation];
    const parameters = [JSON.stringify(text), site];
    if ((await session.run(this.#update, parameters)) > 0) return;
    if (this.#lockTables !== undefined) {
      // Another transaction may be about to insert the row.
      await session.all(this.#lockTables);
      if ((await session.run(this.#update, parameters)) > 0) return;
    }
    await session.run(this.#insert, parameters);
  }
}
