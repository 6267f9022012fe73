import { LiveDistError } from "../base/errors.js";
import { REGISTERED_CLIENTS_MAX } from "../base/limits.js";
import type { Store } from "../store/store.js";

/**
 * Inserts rows of LiveDistClients that are missing, each with the lowest bit that is free (guide §2.7). Rejects with Config
 * where no bit is free.
 */
export async function insertMissingClients(store: Store, clientIds: readonly string[]): Promise<void> {
  const rows = await store.clients.list();
  const known = new Set(rows.map(({ clientId }) => clientId));
  const taken = new Set(rows.map(({ bitNumber }) => bitNumber));
  for (const clientId of clientIds) {
    if (known.has(clientId)) continue;
    let bitNumber = 0;
    while (taken.has(bitNumber)) bitNumber++;
    if (bitNumber >= REGISTERED_CLIENTS_MAX) {
      throw new LiveDistError(
        "Config",
        `LiveDistClients has no free BitNumber for ${clientId}: remove rows not in use`,
      );
    }
    await store.clients.add({ clientId, bitNumber });
    taken.add(bitNumber);
  }
}
