import Database from "better-sqlite3";
import { once } from "node:events";
import { openStore } from "../../src/store/open-store.js";

// Another process on the same file, for the tests: see other-process.ts.
const [command, path] = process.argv.slice(2) as [string, string];
const say = (text: string) => process.stdout.write(`${text}\n`);

if (command === "hold") {
  const database = new Database(path);
  database.exec("BEGIN IMMEDIATE");
  say("held");
  await once(process.stdin, "data");
  database.exec("COMMIT");
  database.close();
  process.stdin.destroy();
} else {
  say("opening");
  const store = await openStore(`sqlite:${path}`, { synchronous: "normal" });
  if (command === "append") {
    for (let count = 0; count < 50; count++) {
      await store.transaction((transaction) => store.log.append(transaction, Uint8Array.of(count)));
    }
    await store.close();
  } else {
    await store.transaction((transaction) => store.log.append(transaction, Uint8Array.of(1)));
    await store.transaction(async (transaction) => {
      await store.log.append(transaction, Uint8Array.of(2));
      say("uncommitted");
      await once(process.stdin, "data");
    });
  }
}
