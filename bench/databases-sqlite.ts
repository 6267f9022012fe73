import Database from "better-sqlite3";
import { join } from "node:path";
import { type BenchDatabase, type BenchSite, type Connection, OWN_TEXT } from "./databases-application.js";

/** Gives SQLite as it comes, and with commits that do not wait for the disk. */
export function sqliteDatabases(folder: string): BenchDatabase[] {
  let count = 0;
  return (["full", "normal"] as const).map((synchronous) => ({
    name: `SQLite, synchronous ${synchronous}`,
    isDurable: synchronous === "full",
    tellsOfCommits: false,
    // SQLite has one writer: more connections would take turns.
    connectionCounts: [1],
    create: () => Promise.resolve(createSite(join(folder, `site${++count}.db`), synchronous)),
  }));
}

function createSite(path: string, synchronous: "full" | "normal"): BenchSite {
  const connect = () => open(path, synchronous);
  const database = connect();
  database.exec(`
    CREATE TABLE Orders (OrderId INTEGER PRIMARY KEY, Amount INTEGER NOT NULL, Description TEXT NOT NULL) STRICT;
    CREATE TABLE Bare (Sequence INTEGER PRIMARY KEY AUTOINCREMENT, DeltaBuffer BLOB NOT NULL) STRICT;
  `);
  database.close();
  return {
    connectionString: `sqlite:${path}`,
    options: { synchronous },
    connect: () => Promise.resolve(connectionOf(connect())),
  };
}

/** Opens the file as LiveDist does. */
function open(path: string, synchronous: "full" | "normal"): Database.Database {
  const database = new Database(path);
  database.pragma("journal_mode = WAL");
  database.pragma(`synchronous = ${synchronous}`);
  database.pragma("journal_size_limit = 67108864");
  return database;
}

function connectionOf(database: Database.Database): Connection {
  const [begin, commit] = [database.prepare("BEGIN IMMEDIATE"), database.prepare("COMMIT")];
  const own = database.prepare("INSERT INTO Orders (Amount, Description) VALUES (?, ?)");
  const bare = database.prepare("INSERT INTO Bare (DeltaBuffer) VALUES (?)");
  let amount = 0;
  return {
    handle: database,
    async commit(more) {
      begin.run();
      own.run(++amount, OWN_TEXT);
      await more();
      commit.run();
    },
    insertBare(bytes) {
      bare.run(bytes);
      return undefined;
    },
    close() {
      database.close();
      return Promise.resolve();
    },
  };
}
