import pg from "pg";

type Call = (this: unknown, ...given: unknown[]) => unknown;

/** Counts what every PostgreSQL client of this process waits for, so that a simulated time can wait for it too. */
export class PostgresqlWork {
  #pending = 0;
  #idle: (() => void)[] = [];

  constructor() {
    const client = pg.Client.prototype as unknown as { query: Call; connect: Call };
    const { query, connect } = client;
    const begin = (): (() => void) => this.#begin();
    client.query = function (...given) {
      return counted(query.apply(this, given), begin);
    };
    client.connect = function (...given) {
      const [callback] = given as [Call | undefined];
      if (callback === undefined) return counted(connect.apply(this, given), begin);
      // A pool hears of its connections by a callback.
      const end = begin();
      const ended: Call = (...result) => {
        end();
        return callback(...result);
      };
      return connect.call(this, ended);
    };
  }

  /** Gives a promise that resolves when nothing is waited for, or undefined where nothing is. */
  whenIdle(): Promise<void> | undefined {
    if (this.#pending === 0) return undefined;
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #begin(): () => void {
    this.#pending++;
    return () => {
      if (--this.#pending > 0) return;
      for (const resolve of this.#idle.splice(0)) resolve();
    };
  }
}

function counted(result: unknown, begin: () => () => void): unknown {
  if (result instanceof Promise) {
    const end = begin();
    result.then(end, end);
  }
  return result;
}
