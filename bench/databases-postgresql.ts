import pg from "pg";
import { type BenchDatabase, type BenchSite, type Connection, OWN_TEXT } from "./databases-application.js";

const insertOwn = { name: "own", text: "INSERT INTO Orders (Amount, Description) VALUES ($1, $2)" };
const insertBare = { name: "bare", text: "INSERT INTO Bare (DeltaBuffer) VALUES ($1)" };
const insertAndNotify = { name: "bare_notify", text: `${insertBare.text} RETURNING pg_notify('bare', '')` };

/** Gives PostgreSQL as it comes, and with commits that do not wait for the disk. `serverUrl` is that of its administrator. */
export function postgresqlDatabases(serverUrl: string): BenchDatabase[] {
  let count = 0;
  return (["on", "off"] as const).map((synchronousCommit) => ({
    name: synchronousCommit === "on" ? "PostgreSQL, fsync on" : "PostgreSQL, synchronous_commit off",
    isDurable: synchronousCommit === "on",
    tellsOfCommits: true,
    connectionCounts: [1, 10],
    create: () => createSite(serverUrl, `site${synchronousCommit}${++count}`, synchronousCommit),
  }));
}

async function createSite(serverUrl: string, name: string, synchronousCommit: "on" | "off"): Promise<BenchSite> {
  const url = await newDatabase(serverUrl, name, [
    `ALTER DATABASE ${name} SET synchronous_commit = ${synchronousCommit}`,
    "CREATE TABLE Orders (OrderId bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, Amount integer NOT NULL, Description text NOT NULL)",
    "CREATE TABLE Bare (Sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, DeltaBuffer bytea NOT NULL)",
  ]);
  return { connectionString: url, options: {}, connect: async () => connectionOf(await connectPostgresql(url)) };
}

/** Creates a database and runs statements in it; gives its URL. */
export async function newDatabase(serverUrl: string, name: string, statements: readonly string[]): Promise<string> {
  await run(serverUrl, [`CREATE DATABASE ${name}`]);
  const url = new URL(serverUrl);
  url.pathname = name;
  await run(url.href, statements);
  return url.href;
}

async function run(url: string, statements: readonly string[]): Promise<void> {
  const client = await connectPostgresql(url);
  for (const statement of statements) await client.query(statement);
  await client.end();
}

export async function connectPostgresql(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  await client.connect();
  return client;
}

function connectionOf(client: pg.Client): Connection {
  let amount = 0;
  return {
    handle: client,
    async commit(more) {
      await client.query("BEGIN");
      await client.query({ ...insertOwn, values: [++amount, OWN_TEXT] });
      await more();
      await client.query("COMMIT");
    },
    insertBare: (bytes) => client.query({ ...insertBare, values: [bytes] }),
    insertAndNotify: (bytes) => client.query({ ...insertAndNotify, values: [bytes] }),
    close: () => client.end(),
  };
}
