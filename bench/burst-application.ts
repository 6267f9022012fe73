import type pg from "pg";
import { type Burst, type Item, WRITERS } from "./burst-changes.js";
import { connectPostgresql } from "./databases-postgresql.js";

const update = { name: "change", text: "UPDATE Items SET Number = $1, Text = $2 WHERE Id = $3 AND Part = $4" };

/** What the application does beside its own write, in the same transaction. */
export type More = (client: pg.Client, items: readonly Item[], oper: "CREATE" | "UPDATE") => Promise<unknown>;

/** The rows of an application in PostgreSQL, and the connections that write them. */
export class BurstApplication {
  readonly #clients: readonly pg.Client[];
  readonly #more: More | undefined;

  private constructor(clients: readonly pg.Client[], more: More | undefined) {
    this.#clients = clients;
    this.#more = more;
  }

  static async open(url: string, more?: More): Promise<BurstApplication> {
    const clients = await Promise.all(Array.from({ length: WRITERS }, () => connectPostgresql(url)));
    await clients[0]!.query(itemsTable);
    return new BurstApplication(clients, more);
  }

  async insert(items: readonly Item[]): Promise<void> {
    await this.#commit(this.#clients[0]!, async (client) => {
      for (const { techId, part, number, text } of items)
        await client.query("INSERT INTO Items VALUES ($1, $2, $3, $4)", [techId, part, number, text]);
      await this.#more?.(client, items, "CREATE");
    });
  }

  /** Commits a burst, as fast as it goes; where it is not `durable`, without waiting for the disk. */
  async write({ changes, last }: Burst, durable: boolean): Promise<void> {
    for (const client of this.#clients) await client.query(`SET synchronous_commit = ${durable ? "on" : "off"}`);
    await Promise.all(changes.map((items, writer) => this.#writeAll(this.#clients[writer]!, items)));
    await this.#writeAll(this.#clients[0]!, last);
  }

  async close(): Promise<void> {
    for (const client of this.#clients) await client.end();
  }

  async #writeAll(client: pg.Client, items: readonly Item[]): Promise<void> {
    for (const item of items) {
      await this.#commit(client, async () => {
        await client.query({ ...update, values: [item.number, item.text, item.techId, item.part] });
        await this.#more?.(client, [item], "UPDATE");
      });
    }
  }

  async #commit(client: pg.Client, work: (client: pg.Client) => Promise<void>): Promise<void> {
    await client.query("BEGIN");
    await work(client);
    await client.query("COMMIT");
  }
}

/** The part stands in the key: a publication filters changes by columns of the key only. */
export const itemsTable = `CREATE TABLE Items
  (Id uuid, Part integer, Number integer NOT NULL, Text text NOT NULL, PRIMARY KEY (Id, Part))`;
