import { encodeDeltaBuffer } from "livedist";
import { City, schema, topicsOf } from "./city.js";
import type { CityEdge } from "./edges.js";
import { count, say, size } from "./say.js";
import type { CityEdit } from "./simulated-edits.js";
import { isWithin, type TreeSite } from "./tree.js";

/** A level of the tree whose bytes are counted. */
interface Meter {
  readonly name: string;
  readonly cable: { readonly bytes: number };
  readonly bytesBefore: number;
  /** How often a city's edit has to go over it. */
  readonly timesFor: (at: TreeSite, topics: readonly string[]) => number;
  changes: number;
  /** Bytes by which these changes would be larger as whole cities. */
  savedBytes: number;
}

/** Counts what goes over the wires while cities are edited, beside what it would be if each changed city were sent in full. */
export class Traffic {
  #meters: readonly Meter[] = [];

  /** Begins to count. */
  start(sites: readonly TreeSite[], edges: readonly CityEdge[]): void {
    this.#meters = [...sites.flatMap(linkMeter), ...sites.flatMap((site) => edgesMeter(site, edges))];
  }

  /** Takes note of an edit. */
  committed(at: TreeSite, edit: CityEdit): void {
    if (this.#meters.length === 0) return;
    const topics = topicsOf(edit);
    const savedBytes = deltaBytes(edit, edit.fields) - deltaBytes(edit, edit.changed);
    for (const meter of this.#meters) {
      const times = meter.timesFor(at, topics);
      meter.changes += times;
      meter.savedBytes += times * savedBytes;
    }
  }

  tell(): void {
    say("9. What went over the wires since step 6, both ways, and what it would be with each changed city in full");
    for (const { name, cable, bytesBefore, changes, savedBytes } of this.#meters) {
      const bytes = cable.bytes - bytesBefore;
      say(
        `   ${name.padEnd(27)}${count(changes).padStart(7)} changes${size(bytes).padStart(10)}, in full ${size(bytes + savedBytes)}`,
      );
    }
  }
}

function linkMeter(site: TreeSite): Meter[] {
  const { father, slice, fatherCable } = site;
  if (!father || !slice || !fatherCable) return [];
  const timesFor = (at: TreeSite, topics: readonly string[]) => (isWithin(at, site) || slice.selects(topics) ? 1 : 0);
  return [meter(`${father.name} – ${site.name}`, fatherCable, timesFor)];
}

function edgesMeter(site: TreeSite, edges: readonly CityEdge[]): Meter[] {
  const own = edges.filter((edge) => edge.site === site);
  if (own.length === 0) return [];
  const timesFor = (_: TreeSite, topics: readonly string[]) => own.filter(({ selects }) => selects(topics)).length;
  return [meter(`${site.name} – its edges`, site.edgeCable, timesFor)];
}

function meter(name: string, cable: Meter["cable"], timesFor: Meter["timesFor"]): Meter {
  return { name, cable, bytesBefore: cable.bytes, timesFor, changes: 0, savedBytes: 0 };
}

/** Gives the bytes of a delta-object that carries these fields of an edited city. */
function deltaBytes(edit: CityEdit, fields: CityEdit["changed"]): number {
  const { techId } = edit;
  const delta = City.delta({ oper: "UPDATE", techId, updateTime: new Date(), topics: topicsOf(edit), fields });
  return encodeDeltaBuffer(schema, [delta]).length;
}
