import type mssql from "mssql";
import { LiveDistError } from "../../base/errors.js";
import { Requests, type Runner } from "./requests.js";
import type { StatementInput } from "./statement.js";
import { databaseStatements } from "./table-statements.js";

interface Place {
  readonly database: string;
  readonly server: string;
}

/** Takes an application's own `Transaction` of mssql, or a `Request` of one, where it is in the store's database. */
export class ApplicationTransactions {
  readonly #read: <T>(work: (runner: Runner) => Promise<T>) => Promise<T>;
  readonly #lockMsMax: number;
  #place: Place | undefined;
  /** Pools whose database is known to be the store's. */
  readonly #verified = new WeakSet<object>();

  /** `read` reads on the store's own connections. */
  constructor(read: <T>(work: (runner: Runner) => Promise<T>) => Promise<T>, lockMsMax: number) {
    this.#read = read;
    this.#lockMsMax = lockMsMax;
  }

  /** Gives what runs statements in an open transaction. Rejects with Store where it is something else. */
  async runnerOf(candidate: unknown): Promise<Runner> {
    const transaction = transactionOf(candidate);
    const runner = new Requests(() => transaction.request(), this.#lockMsMax, bindByValue);
    const pool = transaction.parent;
    if (typeof pool !== "object" || pool === null || this.#verified.has(pool)) return runner;
    const [own, theirs] = [await this.#ownPlace(), await placeOf(runner)];
    if (own.database !== theirs.database || own.server !== theirs.server) {
      throw new LiveDistError("Store", "this transaction is on another database than the store");
    }
    this.#verified.add(pool);
    return runner;
  }

  async #ownPlace(): Promise<Place> {
    this.#place ??= await this.#read(placeOf);
    return this.#place;
  }
}

/** The parts of mssql's Transaction that are used here; its types keep the pool to themselves. */
interface ApplicationTransaction {
  request(): mssql.Request;
  readonly parent?: unknown;
}

// By its shape: an application may bring another copy of mssql.
function transactionOf(candidate: unknown): ApplicationTransaction {
  const found = [candidate, (candidate as { parent?: unknown } | null | undefined)?.parent].find(isTransaction);
  if (found !== undefined) return found;
  const message = "this is neither a transaction of the store nor a Transaction of mssql, or a Request in one";
  throw new LiveDistError("Store", message);
}

function isTransaction(candidate: unknown): candidate is ApplicationTransaction {
  if (typeof candidate !== "object" || candidate === null) return false;
  return ["begin", "commit", "rollback", "request"].every(
    (name) => typeof (candidate as Record<string, unknown>)[name] === "function",
  );
}

/** The application's copy of mssql knows no types but its own; it chooses by the value. */
function bindByValue(request: mssql.Request, { name, value }: StatementInput): void {
  request.input(name, value);
}

async function placeOf(runner: Runner): Promise<Place> {
  const [row] = (await runner.query(databaseStatements.place)).rows;
  return { database: String(row!["DatabaseName"]), server: String(row!["ServerName"]) };
}
