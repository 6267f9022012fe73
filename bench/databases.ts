import { encodeDeltaBuffer } from "../src/delta/delta-buffer.js";
import { Reception } from "../src/entities/reception.js";
import { openStore } from "../src/store/open-store.js";
import type { Store } from "../src/store/store.js";
import { startPostgresql } from "../test/support/postgresql-server.js";
import { cityCreates, citySchema } from "./cities.js";
import type { BenchDatabase, Connection } from "./databases-application.js";
import { raceToEdge } from "./databases-latency.js";
import { postgresqlDatabases } from "./databases-postgresql.js";
import { sqliteDatabases } from "./databases-sqlite.js";
import {
  type BenchOptions,
  type Contestant,
  perSecondAsync,
  type Plan,
  race,
  type Size,
  type Table,
} from "./measure.js";
import { seededRandom } from "./random.js";
import { inTemporaryFolder } from "./temporary-folder.js";

/*
 * Goals: what LiveDist costs an application on each database: transactions per second that write one row of the application's
 * own and append one delta-object through Reception, beside the same application that appends nothing, and beside one that
 * INSERTs the same bytes, encoded once before, into a table of two columns (an identity and the bytes) instead: the encoding,
 * and the columns and indexes by which rows are numbered, aged and sized, are on the side of the append. In PostgreSQL a second
 * one appends while a store follows the log in this same process, so that rows are numbered meanwhile; and a third INSERTs with
 * the NOTIFY that would wake a delta server: transactions that notify commit one after the other there, so that appends notify
 * only while a server sleeps.
 * And how long it takes from the return of COMMIT until an Edge has the delta decoded (databases-latency.ts).
 *
 * PostgreSQL is a real server on this machine, started here with its ordinary settings: "fsync on" is as it comes, each commit
 * waits for the disk; "synchronous_commit off" is what SQLite's "normal" is, where the software is what is left. The
 * application has connections of its own, and its statements are prepared.
 *
 * Non-goals: a database on another machine, where round trips count for more; SQL Server, of which there is none here; what
 * a delta server takes of the machine.
 */

/** Longer than elsewhere: checkpoints fall into some runs and not into others. */
const plans: Record<Size, Plan> = { full: { runs: 11, ms: 500 }, tiny: { runs: 1, ms: 2 } };

export async function benchDatabases(options: BenchOptions): Promise<Table[]> {
  return inTemporaryFolder(async (folder) => {
    const sqlite = sqliteDatabases(folder);
    const server = await startPostgresql({ isDurable: true }).catch(
      (error: unknown) => String(error).split("\n", 1)[0]!,
    );
    if (typeof server === "string")
      return [...(await measure(sqlite, options)), { title: `PostgreSQL is left out: ${server}`, rows: [] }];
    try {
      return await measure([...sqlite, ...postgresqlDatabases(server.url)], options);
    } finally {
      await server.stop();
    }
  });
}

async function measure(databases: readonly BenchDatabase[], options: BenchOptions): Promise<Table[]> {
  const tables: Table[] = [];
  for (const database of databases) tables.push(...(await raceAppends(database, options)));
  return [...tables, ...(await raceToEdge(databases, options))];
}

/** Lets the application write with and without LiveDist, on one connection and on more at once. */
async function raceAppends(database: BenchDatabase, { size, seed }: BenchOptions): Promise<Table[]> {
  const site = await database.create();
  const store = await openStore(site.connectionString, site.options);
  const connections: Connection[] = [];
  const [delta] = cityCreates(seededRandom(seed), 1);
  const bytes = Buffer.from(encodeDeltaBuffer(citySchema, [delta!]));
  const follower = await openStore(site.connectionString, site.options);
  const reception = new Reception(store, citySchema);
  const tables: Table[] = [];
  try {
    for (const count of database.connectionCounts) {
      while (connections.length < count) connections.push(await site.connect());
      const appending = ({ handle }: Connection) => reception.append(handle, [delta!]);
      const contestants = [
        contestant("nothing appended", connections, () => undefined),
        contestant("Reception.append of a delta-object", connections, appending),
        ...(database.tellsOfCommits
          ? [
              whileFollowed(contestant("the same, the log followed", connections, appending), follower),
              contestant("bare INSERT, and NOTIFY", connections, (connection) => connection.insertAndNotify?.(bytes)),
            ]
          : []),
        contestant("bare INSERT of the same bytes", connections, (connection) => connection.insertBare(bytes)),
      ];
      const title = `${database.name}, ${count} ${count === 1 ? "connection" : "connections"}: transactions of one own row and a delta-object of ${bytes.length} bytes`;
      tables.push({ title, rows: await race("transactions/s", contestants, plans[size]) });
    }
    return tables;
  } finally {
    for (const connection of connections) await connection.close();
    await follower.close();
    await store.close();
  }
}

/** Numbers what was appended before, and then what is appended, as a server does that follows the log. */
function whileFollowed({ name, run }: Contestant, follower: Store): Contestant {
  return {
    name,
    async run(ms) {
      await follower.log.bounds();
      const end = follower.log.onNotify(() => undefined);
      try {
        return await run(ms);
      } finally {
        end();
      }
    },
  };
}

function contestant(
  name: string,
  connections: readonly Connection[],
  more: (connection: Connection) => Promise<unknown> | undefined,
): Contestant {
  return {
    name,
    async run(ms) {
      const speeds = connections.map((connection) =>
        perSecondAsync(ms, 1, () => connection.commit(() => more(connection))),
      );
      return (await Promise.all(speeds)).reduce((sum, speed) => sum + speed);
    },
  };
}
