import { seededRandom } from "./seeded-random.js";
import { type CityEdit, SimulatedEdits } from "./simulated-edits.js";
import type { SiteName, TreeSite } from "./tree.js";

/** Simulates people who edit cities at every site of a tree, without regard to each other. */
export class TreeEdits {
  readonly #edits: ReadonlyMap<SiteName, SimulatedEdits>;
  #next = 0;

  /** `committed` is called for each edit. */
  constructor(sites: readonly TreeSite[], seed: number, committed: (at: TreeSite, edit: CityEdit) => void) {
    this.#edits = new Map(
      sites.map((site, index) => [
        site.name,
        new SimulatedEdits(site.site.entities, site.cities, seededRandom(seed + index), (edit) =>
          committed(site, edit),
        ),
      ]),
    );
  }

  get editCount(): number {
    return this.#all.reduce((sum, { editCount }) => sum + editCount, 0);
  }

  get transactionCount(): number {
    return this.#all.reduce((sum, { transactionCount }) => sum + transactionCount, 0);
  }

  /** Commits one transaction of simulated edits, at one site after the other. */
  commit(): Promise<void> {
    const all = this.#all;
    return all[this.#next++ % all.length]!.commit();
  }

  /** Gives the edits that are made at one site. */
  at(site: SiteName): SimulatedEdits {
    return this.#edits.get(site)!;
  }

  /** Gives when the last edit of a city was committed, at whichever site. */
  committedMs(techId: string): number | undefined {
    const times = this.#all.flatMap((edits) => edits.committedMs(techId) ?? []);
    return times.length === 0 ? undefined : Math.max(...times);
  }

  get #all(): SimulatedEdits[] {
    return [...this.#edits.values()];
  }
}
