import { LiveDistError } from "../base/errors.js";
import { bytesToGuid, GUID_BYTES, guidToBytes, isGuid } from "../base/guid.js";
import { TECH_IDS_MAX } from "../base/limits.js";

/** Tech-ids as an application has them: GUIDs of either case, at hand or read from somewhere. */
export type TechIds = Iterable<string> | AsyncIterable<string>;

const FIRST_TECH_IDS = 64;

/** Packs tech-ids into 16 bytes each. Rejects with Request where one is no GUID, with Limit above TECH_IDS_MAX. */
export async function packTechIds(techIds: TechIds): Promise<Uint8Array> {
  const packer = new Packer();
  // Not `for await` for both: that would wait for each of what may be millions.
  if (Symbol.asyncIterator in techIds) for await (const techId of techIds) packer.add(techId);
  else for (const techId of techIds) packer.add(techId);
  return packer.packed();
}

/** Gives the tech-ids in packed bytes, lower-case. */
export function* unpackTechIds(packed: Uint8Array): Generator<string, void, undefined> {
  for (let at = 0; at < packed.length; at += GUID_BYTES) yield bytesToGuid(packed, at);
}

class Packer {
  #bytes = new Uint8Array(FIRST_TECH_IDS * GUID_BYTES);
  #used = 0;

  add(techId: string): void {
    if (typeof techId !== "string" || !isGuid(techId))
      throw new LiveDistError("Request", `not a tech-id: ${JSON.stringify(techId)}`);
    if (this.#used === TECH_IDS_MAX * GUID_BYTES)
      throw new LiveDistError("Limit", `more than ${TECH_IDS_MAX} tech-ids in one call (TECH_IDS_MAX)`);
    if (this.#used === this.#bytes.length) this.#grow();
    guidToBytes(techId, this.#bytes, this.#used);
    this.#used += GUID_BYTES;
  }

  packed(): Uint8Array {
    return this.#bytes.subarray(0, this.#used);
  }

  #grow(): void {
    const bytes = new Uint8Array(this.#bytes.length * 2);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }
}
