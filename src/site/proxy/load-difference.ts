import { NO_SLOT } from "../../base/guid-table.js";
import type { Cache } from "../../cache-server/cache.js";
import { entityNames } from "../../cache-server/entity-names.js";
import { SlotSet } from "../../cache-server/slot-set.js";
import type { SchemaDelta } from "../../delta/merge-record.js";
import { everything } from "../../topics/everything.js";
import { RowBuffers } from "./row-buffers.js";

/**
 * What a load changes in a proxy that held entities before (protocol: proxies): those that differ come as whole ones, those that
 * it does not bring are deleted. It becomes one row of the proxy's log, so that edges go on without a load of their own.
 */
export class LoadDifference {
  readonly #cache: Cache;
  readonly #row = new RowBuffers();
  readonly #brought = new SlotSet();

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  /** Takes an entity of the load. Throws Limit where the row gets too large. */
  take({ encoded: { bytes, start, end, techIdAt }, schema }: SchemaDelta): void {
    const slot = this.#cache.slotOf(bytes, techIdAt);
    if (slot !== NO_SLOT) this.#brought.add(slot);
    const entity = bytes.subarray(start, end);
    const held = this.#cache.find(bytes, techIdAt);
    if (held?.schema === schema && Buffer.compare(held.record, entity) === 0) return;
    this.#row.add(schema.name, (writer) => writer.bytes(entity));
  }

  /** Gives the delta-buffers of the row; none where nothing differs. Throws Limit where it gets too large. */
  finish(): readonly Uint8Array[] {
    const gone = this.#cache.selectSlots(everything, undefined, { accept: (slot) => !this.#brought.has(slot) });
    for (const { record, schemaName } of entityNames(this.#cache.capture(gone))) {
      this.#row.add(schemaName, (writer) => writer.bytes(record));
    }
    return this.#row.finish();
  }
}
