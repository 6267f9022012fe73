import { GUID_BYTES, guidToBytes } from "../../base/guid.js";
import { GuidTable, NO_SLOT } from "../../base/guid-table.js";
import { newHashSeed } from "../../base/half-sip-hash.js";
import type { Random } from "../../base/random.js";
import type { Entities } from "../../entities/entities.js";

/** The tech-ids of all that a site holds, as it names them to its father; remembers which these were, at about 30 bytes each. */
export class NamedTechIds {
  readonly #entities: Entities;
  readonly #named: GuidTable;
  readonly #key = new Uint8Array(GUID_BYTES);

  constructor(entities: Entities, random: Random) {
    this.#entities = entities;
    this.#named = new GuidTable(newHashSeed(random));
  }

  /** Gives them one by one, as they were committed at one moment. */
  async *name(): AsyncGenerator<string, void, undefined> {
    for await (const techIds of this.#entities.techIds()) {
      for (const techId of techIds) {
        guidToBytes(techId, this.#key, 0);
        this.#named.insert(this.#key, 0);
        yield techId;
      }
    }
  }

  /** Gives those of what is held now that were not named: written here, or brought by a son, meanwhile. */
  async unnamed(): Promise<readonly string[]> {
    const unnamed: string[] = [];
    for await (const techIds of this.#entities.techIds()) {
      for (const techId of techIds) if (!this.#isNamed(techId)) unnamed.push(techId);
    }
    return unnamed;
  }

  #isNamed(techId: string): boolean {
    guidToBytes(techId, this.#key, 0);
    return this.#named.find(this.#key, 0) !== NO_SLOT;
  }
}
