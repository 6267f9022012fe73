import pg from "pg";
import { type Call, DatabaseWork } from "./database-work.js";

/** Counts what the PostgreSQL clients of this process wait for. */
export function postgresqlWork(): DatabaseWork {
  const work = new DatabaseWork();
  const client = pg.Client.prototype as unknown as { connect: Call };
  work.countCalls(client, ["query", "connect"]);
  const { connect } = client;
  client.connect = function (...given) {
    const [callback] = given as [Call | undefined];
    if (callback === undefined) return connect.call(this);
    // A pool hears of its connections by a callback.
    const end = work.begin();
    const ended: Call = (...result) => {
      end();
      return callback(...result);
    };
    return connect.call(this, ended);
  };
  return work;
}
