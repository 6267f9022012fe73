import pg from "pg";
import { describe, expect, it } from "vitest";
import { openStore } from "../../src/store/open-store.js";
import type { Store } from "../../src/store/store.js";
import { append, gate, logNumbers, readLog } from "./contract-setup.js";
import { type PostgresqlSchema, SleepLogger, usePostgresqlSchema } from "./postgresql-databases.js";

/** Reads the log when it is woken, and never by itself. */
class Follower {
  readonly read: number[] = [];
  #reading: Promise<void> = Promise.resolve();
  #last = 0;

  constructor(store: Store) {
    store.log.onNotify(() => {
      this.#reading = this.#reading.then(() => this.#readOn(store));
    });
  }

  async #readOn(store: Store): Promise<void> {
    for (const { sequence, deltaBuffer } of await readLog(store, this.#last).catch(() => [])) {
      this.#last = sequence;
      this.read.push(deltaBuffer[0]! * 256 + deltaBuffer[1]!);
    }
  }
}

/** Hears what an application's commits tell the servers, as another server does. */
async function hearNotifications(schema: PostgresqlSchema): Promise<{ count: number }> {
  const heard = { count: 0 };
  const client = await schema.client();
  const [row] = await schema.query("SELECT 'livedist_log_' || 'LiveDistLog'::regclass::oid AS channel");
  client.on("notification", ({ payload }) => (heard.count += payload === "" ? 1 : 0));
  await client.query(`LISTEN ${String(row!["channel"])}`);
  return heard;
}

/** An application with several connections, whose transactions append their numbers and end in any order. */
async function writeAtOnce(schema: PostgresqlSchema, store: Store, writers: number, each: number): Promise<void> {
  const write = async (writer: number) => {
    const client = await schema.client();
    for (let at = 0; at < each; at++) {
      await client.query("BEGIN");
      await store.log.append(client, Uint8Array.of(writer, at));
      // Some are open while others begin and end, and while a server falls asleep.
      if ((at + writer) % 7 === 0) await client.query("SELECT pg_sleep($1)", [0.002 * (1 + (at % 20))]);
      await client.query("COMMIT");
      if (at % 25 === writer) await client.query("SELECT pg_sleep(0.05)");
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
}

/** Ends the connections of a test's stores that listen: they are idle, and say what they ran last. */
async function endOften(schema: PostgresqlSchema, times: number): Promise<void> {
  for (let count = 0; count < times; count++) {
    await schema.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '${schema.name}' AND state = 'idle'
      AND (query LIKE 'LISTEN%' OR query LIKE '%pg_advisory_unlock_all%' OR query LIKE '%pg_current_xact_id%')`,
    );
    await schema.query("SELECT pg_sleep(0.1)");
  }
}

const numbersOf = (writers: number, each: number) =>
  Array.from({ length: writers * each }, (_, at) => Math.floor(at / each) * 256 + (at % each));

const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);
const PATIENCE = { timeout: 20_000 };

describe("a commit in PostgreSQL", () => {
  const schema = usePostgresqlSchema();

  it("tells nobody where nobody follows the log", async () => {
    const store = await schema().open();
    const heard = await hearNotifications(schema());
    const end = store.log.onNotify(() => undefined);
    end();
    await append(store, Uint8Array.of(1));
    await schema().query(`SELECT pg_notify('livedist_log_' || 'LiveDistLog'::regclass::oid, '')`);
    await expect.poll(() => heard.count).toBe(1);
  });

  it("tells who sleeps, also from a connection through which it was never told", async () => {
    const logger = new SleepLogger();
    const server = await schema().open({ logger });
    const application = await schema().open();
    const follower = new Follower(server);
    await logger.asleep();
    const client = new pg.Client(await schema().url());
    await client.connect();
    await client.query("BEGIN");
    await application.log.append(client, Uint8Array.of(0, 1));
    await client.query("COMMIT");
    await client.end();
    await expect.poll(() => follower.read).toEqual([1]);
  });

  it("is found where its transaction had not told, since nobody slept yet when it appended", async () => {
    const logger = new SleepLogger();
    const [server, application] = [await schema().open({ logger }), await schema().open()];
    const [appended, mayEnd] = [gate(), gate()];
    const heard = await hearNotifications(schema());
    const late = application.transaction(async (transaction) => {
      await application.log.append(transaction, Uint8Array.of(0, 1));
      appended.open();
      await mayEnd.passed;
    });
    await appended.passed;
    const follower = new Follower(server);
    await append(application, Uint8Array.of(0, 2));
    await expect.poll(() => follower.read).toEqual([2]);
    expect(logger.count("commits are told of")).toBe(0);
    mayEnd.open();
    await late;
    await expect.poll(() => follower.read).toEqual([2, 1]);
    await logger.asleep();
    expect(heard.count).toBeLessThan(2);
  });

  it("is missed by neither of two servers, however many fall together, while they sleep and get up", async () => {
    const logger = new SleepLogger();
    const servers = [await schema().open({ logger }), await schema().open({ logger })];
    const application = await schema().open();
    const followers = servers.map((server) => new Follower(server));
    const heard = await hearNotifications(schema());
    await writeAtOnce(schema(), application, 4, 150);
    for (const { read } of followers) {
      await expect.poll(() => sorted(read), PATIENCE).toEqual(numbersOf(4, 150));
    }
    expect(heard.count).toBeLessThanOrEqual(600);
    expect(await logNumbers(servers[0]!)).toHaveLength(600);
  });

  it("is missed by no server whose connections are ended meanwhile", async () => {
    const url = new URL(await schema().url());
    url.searchParams.set("application_name", schema().name);
    const server = schema().closeLater(await openStore(url.href));
    const application = await schema().open();
    const follower = new Follower(server);
    const writing = writeAtOnce(schema(), application, 2, 100);
    await Promise.all([writing, endOften(schema(), 5)]);
    await expect.poll(() => sorted(follower.read), PATIENCE).toEqual(numbersOf(2, 100));
  });
});
