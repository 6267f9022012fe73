import { connect } from "node:net";
import { text } from "node:stream/consumers";
import pg from "pg";
import { afterEach, expect, inject } from "vitest";
import type { Logger } from "../../src/base/logger.js";
import { openStore } from "../../src/store/open-store.js";
import type { StoreOptions } from "../../src/store/store-options.js";
import type { Store } from "../../src/store/store.js";
import type { OpenedStore } from "./contract-setup.js";

let asked: Promise<string> | undefined;

/** Gives the URL of this run's PostgreSQL server, which is started where it does not run yet. */
export function postgresqlUrl(): Promise<string> {
  asked ??= text(connect(inject("postgresqlPort"), "127.0.0.1")).then((answer) => {
    const { url, failure } = JSON.parse(answer) as { url?: string; failure?: string };
    if (url === undefined) throw new Error(failure);
    return url;
  });
  return asked;
}

let names = 0;

/** A schema of one test, which takes the place of a database of its own, and what is opened in it. */
export class PostgresqlSchema {
  readonly name = `test_${process.pid}_${++names}`;
  readonly #closing: (() => Promise<unknown>)[] = [];
  #created: Promise<string> | undefined;

  /** Gives a URL whose connections find and create tables in this schema. */
  url(): Promise<string> {
    this.#created ??= this.#create();
    return this.#created;
  }

  async open(options: StoreOptions = {}): Promise<Store> {
    return this.closeLater(await openStore(await this.url(), options));
  }

  /** Connects as an application does that brings its own client. */
  async client(): Promise<pg.Client> {
    const client = new pg.Client(await this.url());
    client.on("error", () => undefined);
    await client.connect();
    this.#closing.push(() => client.end());
    return client;
  }

  /** Runs statements on a connection of their own. */
  async query(sql: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client(await this.url());
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  closeLater<T extends { close(): Promise<unknown> }>(opened: T): T {
    this.#closing.push(() => opened.close());
    return opened;
  }

  async cleanup(): Promise<void> {
    await Promise.all(this.#closing.map((close) => close()));
    if (this.#created) await this.query(`DROP SCHEMA ${this.name} CASCADE`);
  }

  async #create(): Promise<string> {
    const url = new URL(await postgresqlUrl());
    url.searchParams.set("options", `-c search_path=${this.name} -c client_min_messages=warning`);
    const client = new pg.Client(await postgresqlUrl());
    await client.connect();
    await client.query(`CREATE SCHEMA ${this.name}`);
    await client.end();
    return url.href;
  }
}

/** Gives the schema of the test that runs, and removes it after it. */
export function usePostgresqlSchema(): () => PostgresqlSchema {
  let schema: PostgresqlSchema | undefined;
  afterEach(async () => {
    await schema?.cleanup();
    schema = undefined;
  });
  return () => (schema ??= new PostgresqlSchema());
}

export async function openPostgresql(options?: StoreOptions): Promise<OpenedStore> {
  const schema = new PostgresqlSchema();
  const store = await schema.open(options);
  return { store, reopen: () => schema.open(options), cleanup: () => schema.cleanup() };
}

/** A logger of stores, by which a test waits until they sleep, and are told of commits. */
export class SleepLogger implements Logger {
  readonly debug = (_: unknown, message: string) => void this.#messages.push(message);
  readonly info = () => undefined;
  readonly warn = () => undefined;
  readonly error = () => undefined;
  readonly #messages: string[] = [];

  /** Waits until stores have fallen asleep for the given time, of all times. */
  async asleep(times = 1): Promise<void> {
    await expect.poll(() => this.count("commits are told of")).toBe(times);
  }

  count(message: string): number {
    return this.#messages.filter((one) => one === message).length;
  }
}
