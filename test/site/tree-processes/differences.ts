import { parseTopicsSlice } from "../../../src/topics/topics-slice.js";
import { siteIds, type SiteId } from "./shop.js";
import type { HeldOrder } from "./tree-site.js";

/** What a site holds, what it wants of its father, and what it has told of its own writes. */
export interface SiteState {
  readonly id: SiteId;
  readonly slice: string;
  readonly held: ReadonlyMap<string, HeldOrder>;
  readonly told: ReadonlyMap<string, number>;
}

/** Tells in what sites disagree; the center comes first, each of the others behind its father. */
export function differences(sites: readonly SiteState[]): string[] {
  const found: string[] = [];
  for (const [index, son] of sites.entries()) {
    const father = sites[index - 1];
    if (father !== undefined) found.push(...betweenSites(father, son));
    found.push(...lostWrites(sites[0]!, son));
  }
  return found;
}

function* betweenSites(father: SiteState, son: SiteState): Generator<string> {
  const slice = parseTopicsSlice(son.slice);
  for (const [techId, atFather] of father.held) {
    const atSon = son.held.get(techId);
    if (atSon !== undefined) yield* fieldsThatDiffer(techId, father.id, atFather, son.id, atSon);
    else if (slice.selects(appTopics(atFather)))
      yield `${techId}: at ${father.id}, not at ${son.id}, whose slice selects it`;
  }
  for (const techId of son.held.keys())
    if (!father.held.has(techId)) yield `${techId}: at ${son.id}, not at ${father.id}`;
}

function* fieldsThatDiffer(techId: string, here: SiteId, one: HeldOrder, there: SiteId, other: HeldOrder) {
  for (const [name, value] of Object.entries({ ...one.fields, topics: appTopics(one).join() })) {
    const otherValue = name === "topics" ? appTopics(other).join() : other.fields[name];
    if (value !== otherValue) yield `${techId}: ${name} is ${value} at ${here}, ${otherValue} at ${there}`;
  }
}

function* lostWrites(center: SiteState, { id, told }: SiteState): Generator<string> {
  for (const [techId, count] of told) {
    const counted = Number(center.held.get(techId)?.fields[id]);
    if (!(counted >= count))
      yield `${techId}: ${id} has committed ${count} writes, ${siteIds[0]} has ${counted} of them`;
  }
}

function appTopics({ topics }: HeldOrder): readonly string[] {
  return topics.filter((topic) => !topic.startsWith("#"));
}
