import Database from "better-sqlite3";
import { join } from "node:path";
import { encodeDeltaBuffer } from "../src/delta/delta-buffer.js";
import type { DeltaObject } from "../src/delta/delta-object.js";
import { Reception } from "../src/entities/reception.js";
import { openStore } from "../src/store/open-store.js";
import type { Store } from "../src/store/store.js";
import { cityCreates, citySchema } from "./cities.js";
import { type BenchOptions, type Contestant, perSecond, perSecondAsync, planOf, race, type Table } from "./measure.js";
import { seededRandom } from "./random.js";
import { inTemporaryFolder } from "./temporary-folder.js";

/*
 * Goals: what the log costs an application: transactions per second that append delta-objects through Reception, each with a
 * commit, beside a bare INSERT of the same bytes into a table of two columns through the same driver with the same pragmas.
 * Both ways to commit: "full", where each commit waits for the disk, and "normal", where the software is what is left.
 *
 * Non-goals: making the delta-objects, which the application's entities sub-system does; the application's own rows, which
 * it writes in the same transaction and which would hide the difference.
 */

const COUNTS = [1, 100];
const SYNCHRONOUS = ["normal", "full"] as const;
type Synchronous = (typeof SYNCHRONOUS)[number];

export async function benchAppend({ size, seed }: BenchOptions): Promise<Table[]> {
  const creates = cityCreates(seededRandom(seed), Math.max(...COUNTS));
  const tables: Table[] = [];
  for (const synchronous of SYNCHRONOUS) {
    for (const count of COUNTS) {
      const deltas = creates.slice(0, count);
      const { length } = encodeDeltaBuffer(citySchema, deltas);
      const title = `transactions of ${count} CREATE of a city (${length.toLocaleString("en-US")} bytes), synchronous ${synchronous}`;
      const rows = await inTemporaryFolder((folder) => raceIn(folder, deltas, synchronous, size));
      tables.push({ title, rows });
    }
  }
  return tables;
}

async function raceIn(
  folder: string,
  deltas: readonly DeltaObject[],
  synchronous: Synchronous,
  size: BenchOptions["size"],
) {
  const store = await openStore(`sqlite:${join(folder, "log.db")}`, { synchronous });
  const database = openBare(join(folder, "bare.db"), synchronous);
  try {
    const contestants = [receptionContestant(store, deltas), bareContestant(database, deltas)];
    return await race("transactions/s", contestants, planOf(size));
  } finally {
    database.close();
    await store.close();
  }
}

function receptionContestant(store: Store, deltas: readonly DeltaObject[]): Contestant {
  const reception = new Reception(store, citySchema);
  const append = () => store.transaction((transaction) => reception.append(transaction, deltas));
  return {
    name: "Reception.append in a transaction",
    async run(ms) {
      const speed = await perSecondAsync(ms, 1, append);
      // An application notifies; from the first time on, the schema is known to be stored.
      await reception.notifyDeltaServer();
      return speed;
    },
  };
}

function bareContestant(database: Database.Database, deltas: readonly DeltaObject[]): Contestant {
  const insert = database.prepare("INSERT INTO Log (DeltaBuffer) VALUES (?)");
  const bytes = Buffer.from(encodeDeltaBuffer(citySchema, deltas));
  return { name: "bare INSERT of the same bytes", run: (ms) => perSecond(ms, 1, () => insert.run(bytes)) };
}

function openBare(path: string, synchronous: Synchronous): Database.Database {
  const database = new Database(path);
  database.pragma("journal_mode = WAL");
  database.pragma(`synchronous = ${synchronous}`);
  database.pragma("journal_size_limit = 67108864");
  database.exec("CREATE TABLE Log (Sequence INTEGER PRIMARY KEY AUTOINCREMENT, DeltaBuffer BLOB NOT NULL) STRICT");
  return database;
}
