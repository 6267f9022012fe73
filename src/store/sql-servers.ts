import type { BeatOptions, Master, ServerEntry, ServerRow, ServersSeen } from "./server-row.js";
import { serverDuties, serverKinds } from "./server-row.js";
import type { ServerStatements } from "./server-statements.js";
import type { SqlRow, SqlSession, SqlValue, StoreServers, Transaction } from "./store.js";

/** What LiveDistServers needs of a driver. */
export interface ServersParts {
  readonly sql: ServerStatements;
  /** Gives the rows of one statement over what is committed. */
  readonly read: (sql: string, parameters?: readonly SqlValue[]) => Promise<SqlRow[]>;
  /** Runs `work` in a transaction of the store. */
  readonly write: <T>(work: (session: SqlSession) => Promise<T>) => Promise<T>;
  /** Gives the session of a transaction of this store. */
  readonly sessionOf: (transaction: Transaction) => SqlSession;
  /** Gives the milliseconds since 1970 by a clock that all servers of the database share. */
  readonly now: (run: Pick<SqlSession, "all">) => Promise<number>;
}

/** LiveDistServers in any of the databases. Whoever shows himself locks the row of the master first, so that one leads at most. */
export class SqlServers implements StoreServers {
  readonly #parts: ServersParts;

  constructor(parts: ServersParts) {
    this.#parts = parts;
  }

  beat(entry: ServerEntry, { mayLead, leaseMs, forgetMs }: BeatOptions): Promise<ServersSeen> {
    const { sql, write, now } = this.#parts;
    return write(async (session) => {
      await session.run(sql.lock);
      const nowMs = await now(session);
      const { serverId, url, duty, kind, clients, sequence, agreed } = entry;
      const values = [url, duty, kind, clients, sequence, agreed, nowMs, serverId];
      const wasMissing = (await session.run(sql.update, values)) === 0;
      if (wasMissing) await session.run(sql.add, values);
      await session.run(sql.forget, [nowMs - forgetMs, url, serverId]);
      const rows = (await session.all(sql.list)).map((row) => toServer(row, nowMs));
      const lease = await readMaster(session, sql);
      const isHeld = lease.expiresMs > nowMs && isThere(rows, lease);
      if (isHeld && lease.serverId !== serverId) return { rows, master: toMaster(lease), wasMissing };
      if (!mayLead) {
        if (isHeld) await session.run(sql.lead, [lease.token, "", 0]);
        return { rows, master: undefined, wasMissing };
      }
      const token = lease.serverId === serverId ? lease.token : lease.token + 1;
      await session.run(sql.lead, [token, serverId, nowMs + leaseMs]);
      return { rows, master: { serverId, token }, wasMissing };
    });
  }

  async list(): Promise<ServersSeen> {
    const { sql, read, now } = this.#parts;
    const session = { all: read };
    const nowMs = await now(session);
    const rows = (await read(sql.list)).map((row) => toServer(row, nowMs));
    const lease = await readMaster(session, sql);
    const isHeld = lease.expiresMs > nowMs && isThere(rows, lease);
    return { rows, master: isHeld ? toMaster(lease) : undefined };
  }

  leave(serverId: string): Promise<void> {
    const { sql, write } = this.#parts;
    return write(async (session) => {
      await session.run(sql.lock);
      await session.run(sql.remove, [serverId]);
    });
  }

  async isMaster({ serverId, token }: Master, transaction: Transaction): Promise<boolean> {
    const { sql, sessionOf } = this.#parts;
    const session = sessionOf(transaction);
    // Locked until the transaction ends: meanwhile nobody else can become the master.
    await session.run(sql.lock);
    const lease = await readMaster(session, sql);
    return lease.serverId === serverId && lease.token === token;
  }
}

/** Of a server whose row went, since it ended or another one runs at its address, nothing is to be expected. */
function isThere(rows: readonly ServerRow[], { serverId }: Master): boolean {
  return rows.some((row) => row.serverId === serverId);
}

function toMaster({ serverId, token }: Master): Master {
  return { serverId, token };
}

async function readMaster(
  session: Pick<SqlSession, "all">,
  sql: ServerStatements,
): Promise<Master & { readonly expiresMs: number }> {
  const [row] = await session.all(sql.master);
  return { serverId: String(row!.id), token: Number(row!.token), expiresMs: Number(row!.expires) };
}

function toServer({ id, url, duty, kind, clients, sequence, agreed, seen }: SqlRow, nowMs: number): ServerRow {
  return {
    serverId: String(id),
    url: String(url),
    // What a later version may have written serves nobody here.
    duty: serverDuties.find((one) => one === duty) ?? "backup",
    kind: serverKinds.find((one) => one === kind) ?? "both",
    clients: Number(clients),
    sequence: Number(sequence),
    agreed: String(agreed),
    silentMs: Math.max(0, nowMs - Number(seen)),
  };
}
