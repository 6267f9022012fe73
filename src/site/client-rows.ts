import { LiveDistError } from "../base/errors.js";
import { REGISTERED_CLIENTS_MAX } from "../base/limits.js";
import type { Store } from "../store/store.js";

/**
 * Inserts rows of LiveDistClients that are missing, each with the lowest bit that is free (guide §2.7). Other servers of the site
 * may do the same at the same time. Rejects with Config where no bit is free.
 */
export async function insertMissingClients(store: Store, clientIds: readonly string[]): Promise<void> {
  for (const clientId of clientIds) await insertMissing(store, clientId);
}

async function insertMissing(store: Store, clientId: string): Promise<void> {
  for (;;) {
    const bitNumber = await freeBit(store, clientId);
    if (bitNumber === undefined) return;
    try {
      await store.clients.add({ clientId, bitNumber });
      return;
    } catch (error) {
      // Another server may have been faster. It takes a bit each time, so that this ends.
      if ((await freeBit(store, clientId)) === bitNumber) throw error;
    }
  }
}

/** Gives the lowest bit that is free; undefined where the client has one. */
async function freeBit(store: Store, clientId: string): Promise<number | undefined> {
  const rows = await store.clients.list();
  if (rows.some((row) => row.clientId === clientId)) return undefined;
  const taken = new Set(rows.map(({ bitNumber }) => bitNumber));
  let bitNumber = 0;
  while (taken.has(bitNumber)) bitNumber++;
  if (bitNumber < REGISTERED_CLIENTS_MAX) return bitNumber;
  throw new LiveDistError("Config", `LiveDistClients has no free BitNumber for ${clientId}: remove rows not in use`);
}
