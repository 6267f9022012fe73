import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { BurstApplication, itemsTable } from "./burst-application.js";
import { type Burst, type Item, ItemSource, PARTS } from "./burst-changes.js";
import type { BurstSide } from "./burst-side.js";
import { connectPostgresql, newDatabase } from "./databases-postgresql.js";
import { sharedNowMs } from "./fan-out-deltas.js";
import { postgresqlCpuSeconds } from "./postgresql-cpu.js";

const POLL_MS = 1;

/** PostgreSQL's logical replication: a publication with a row filter for each part, a database for each subscriber. */
export class BurstReplication implements BurstSide {
  readonly name = "logical replication with a row filter";
  readonly #source: ItemSource;
  readonly #application: BurstApplication;
  readonly #publisher: pg.Client;
  readonly #subscribers: readonly pg.Client[];
  /** The last change that each subscriber was to be given. */
  #last: readonly Item[];
  #count = 0;

  private constructor(
    source: ItemSource,
    application: BurstApplication,
    publisher: pg.Client,
    subscribers: readonly pg.Client[],
  ) {
    this.#source = source;
    this.#application = application;
    this.#publisher = publisher;
    this.#subscribers = subscribers;
    this.#last = source.items.slice(0, PARTS);
  }

  /** `subscriberServerUrl` is that of the administrator of the server that has the subscribers' databases. */
  static async open(
    publisherUrl: string,
    subscriberServerUrl: string,
    subscribersMax: number,
    seed: number,
  ): Promise<BurstReplication> {
    const source = new ItemSource(seed);
    const application = await BurstApplication.open(publisherUrl);
    const publisher = await connectPostgresql(publisherUrl);
    for (let part = 0; part < PARTS; part++)
      await publisher.query(`CREATE PUBLICATION part${part} FOR TABLE Items WHERE (Part = ${part})`);
    const subscribers: pg.Client[] = [];
    for (let index = 0; index < subscribersMax; index++) {
      await publisher.query(`SELECT pg_create_logical_replication_slot('slot${index}', 'pgoutput')`);
      const url = await newDatabase(subscriberServerUrl, `subscriber${index}`, [itemsTable]);
      const subscriber = await connectPostgresql(url);
      await subscriber.query(`CREATE SUBSCRIPTION items${index} CONNECTION '${publisherUrl}' PUBLICATION part${index % PARTS}
        WITH (create_slot = false, slot_name = slot${index}, copy_data = false, enabled = false)`);
      subscribers.push(subscriber);
    }
    await application.insert(source.items);
    return new BurstReplication(source, application, publisher, subscribers);
  }

  async close(): Promise<void> {
    for (const [index, subscriber] of this.#subscribers.entries()) {
      await subscriber.query(
        `ALTER SUBSCRIPTION items${index} DISABLE; ALTER SUBSCRIPTION items${index} SET (slot_name = NONE); DROP SUBSCRIPTION items${index}`,
      );
      await subscriber.end();
    }
    await this.#publisher.end();
    await this.#application.close();
  }

  burst(count: number): Burst {
    return this.#source.burst(count);
  }

  async subscribe(count: number): Promise<void> {
    this.#count = count;
    for (let index = 0; index < count; index++)
      await this.#subscribers[index]!.query(`ALTER SUBSCRIPTION items${index} ENABLE`);
    while ((await this.#senders()).length < count) await delay(POLL_MS);
    await this.#holdAll(this.#last);
  }

  async unsubscribe(): Promise<void> {
    for (let index = 0; index < this.#count; index++)
      await this.#subscribers[index]!.query(`ALTER SUBSCRIPTION items${index} DISABLE`);
    while ((await this.#senders()).length > 0) await delay(POLL_MS);
  }

  /** Stops the processes that send; they have nothing to do just then. */
  async hold(): Promise<void> {
    for (const pid of await this.#senders()) process.kill(pid, "SIGSTOP");
  }

  async release(): Promise<void> {
    for (const pid of await this.#senders()) process.kill(pid, "SIGCONT");
  }

  async write(burst: Burst, durable: boolean): Promise<void> {
    this.#last = burst.last;
    await this.#application.write(burst, durable);
  }

  async arrived({ last, sums }: Burst): Promise<number> {
    const endMs = await this.#holdAll(last);
    for (const [index, subscriber] of this.#subscribers.slice(0, this.#count).entries()) {
      const { rows } = await subscriber.query<{ sum: number }>("SELECT sum(Number)::integer AS sum FROM Items");
      const expected = sums[index % PARTS];
      if (rows[0]!.sum !== expected)
        throw new Error(`subscriber ${index} sums up to ${rows[0]!.sum} instead of ${expected}`);
    }
    return endMs;
  }

  cpuSeconds(): Promise<number> {
    return postgresqlCpuSeconds(this.#publisher);
  }

  subscriberCpuSeconds(): Promise<number> {
    return postgresqlCpuSeconds(this.#subscribers[0]!);
  }

  async #senders(): Promise<number[]> {
    const sql = "SELECT active_pid AS pid FROM pg_replication_slots WHERE active_pid IS NOT NULL";
    return (await this.#publisher.query<{ pid: number }>(sql)).rows.map(({ pid }) => pid);
  }

  /** Waits until one subscriber after the other holds the last change of its part: to ask all the time would cost them more. */
  async #holdAll(last: readonly Item[]): Promise<number> {
    for (const [index, subscriber] of this.#subscribers.slice(0, this.#count).entries()) {
      const { techId, number } = last[index % PARTS]!;
      const sql = { name: "holds", text: "SELECT FROM Items WHERE Id = $1 AND Number = $2", values: [techId, number] };
      while ((await subscriber.query(sql)).rowCount === 0) await delay(POLL_MS);
    }
    return sharedNowMs();
  }
}
