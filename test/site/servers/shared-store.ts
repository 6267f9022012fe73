import type { DeltaObject } from "../../../src/delta/delta-object.js";
import type { LogRow, Store, StoreLog } from "../../../src/store/store.js";
import { newStore, OneSite, type OneSiteOptions } from "../../support/one-site.js";

/** A store as one of several servers has it: it may lose its database, or be held up, for itself. */
export class OwnAccess {
  readonly store: Store;
  /** Whether the log cannot be read. */
  isCut = false;
  /** While there is one, reading the log waits for it. */
  held: Promise<void> | undefined;

  constructor(store: Store) {
    const read: StoreLog["read"] = async (...asked): Promise<LogRow[]> => {
      await this.held;
      if (this.isCut) throw new TypeError("the database is away");
      return store.log.read(...asked);
    };
    this.store = overlaid(store, { log: overlaid(store.log, { read }) });
  }
}

/** Servers of one site, without sockets, over one store; each has a time of its own. */
export interface SharedSite {
  readonly store: Store;
  readonly servers: readonly OneSite[];
  readonly access: readonly OwnAccess[];
}

export async function sharedSite(count: number, options: OneSiteOptions = {}): Promise<SharedSite> {
  const store = await newStore();
  const access = Array.from({ length: count }, () => new OwnAccess(store));
  const servers: OneSite[] = [];
  for (const one of access) servers.push(await OneSite.start({ ...options, store: one.store }));
  return { store, servers, access };
}

/** Appends delta-objects, and waits until all servers have read them. */
export async function appendTo({ servers }: SharedSite, deltas: readonly DeltaObject[]): Promise<void> {
  await servers[0]!.append(deltas);
  for (const server of servers) await server.read();
}

/** Gives an object with some members replaced. */
function overlaid<T extends object>(base: T, members: Partial<T>): T {
  return new Proxy(base, {
    get(target, name) {
      if (Object.hasOwn(members, name)) return members[name as keyof T];
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? (value as () => unknown).bind(target) : value;
    },
  });
}
