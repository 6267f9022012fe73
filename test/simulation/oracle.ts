import type { DeltaObject } from "../../src/delta/delta-object.js";
import { selects, vetoes } from "../model/oracle-topics.js";
import { appTopics } from "../../src/topics/topics-list.js";
import { nameOf, type PlainField, plainFields } from "./things.js";
import { isNewer, versionText, type Written, type WrittenFields, writtenFields } from "./versions.js";

/** An entity as a site holds it. */
export interface HeldThing {
  readonly techId: string;
  readonly topics: readonly string[];
  readonly fields: WrittenFields;
  /** Its parts, as text. */
  readonly parts: string;
}

/** What a site is at rest. */
export interface SiteState {
  readonly name: string;
  readonly father: SiteState | undefined;
  /** The slice in force at its father. */
  readonly slice: string;
  readonly things: ReadonlyMap<string, HeldThing>;
}

/** What an edge is at rest. */
export interface EdgeState {
  readonly name: string;
  readonly site: SiteState;
  readonly tracking: "registration" | "transition";
  readonly slice: string;
  /** Each field's value, and the parts as text. */
  readonly held: ReadonlyMap<string, ReadonlyMap<PlainField | "parts", unknown>>;
}

export interface TreeState {
  readonly sites: readonly SiteState[];
  readonly edges: readonly EdgeState[];
  readonly truth: ReadonlyMap<string, ReadonlyMap<PlainField, Written>>;
  /** Whether databases were put back: what no site holds any more is then not lost. */
  readonly restores: boolean;
}

export type Bad = (invariant: string, message: string) => void;

/** Gives an entity as a delta-object of it in full says it. */
export function heldThing(delta: DeltaObject): HeldThing {
  const { techId, topics, fields } = delta;
  return { techId, topics: appTopics(topics), fields: writtenFields(delta), parts: partsText(fields) };
}

export function partsText(fields: unknown): string {
  const { notes } = fields as { readonly notes?: readonly { techId: string; text?: unknown; size?: unknown }[] | null };
  const told = (notes ?? []).map(({ techId, text = null, size = null }) => `${techId}:${String(text)}:${String(size)}`);
  return told.sort().join();
}

/** Holds a tree at rest against the invariants of the model (I1, I2, I3). */
export function checkTree(tree: TreeState, bad: Bad): void {
  const truth = tree.restores ? newestHeld(tree) : tree.truth;
  const parts = newestParts(tree.sites);
  for (const site of tree.sites) checkSite(site, truth, parts, bad);
  checkRoot(tree.sites[0]!, truth, bad);
  for (const site of tree.sites) if (site.father) checkSlice(site, site.father, bad);
  for (const edge of tree.edges) checkEdge(edge, bad);
}

type Truth = ReadonlyMap<string, ReadonlyMap<PlainField, Written>>;

function checkSite(site: SiteState, truth: Truth, parts: ReadonlyMap<string, PartsOf>, bad: Bad): void {
  for (const thing of site.things.values()) {
    const name = nameOf(thing.techId);
    if (site.father && !site.father.things.has(thing.techId))
      bad("I1", `${name} at ${site.name}, not at ${site.father.name}`);
    if (isExempt(site, thing.techId)) continue;
    for (const field of plainFields) {
      const newest = truth.get(thing.techId)?.get(field);
      const held = thing.fields.get(field)!;
      if (
        newest === undefined ||
        (newest.value === held.value && versionText(newest.version) === versionText(held.version))
      )
        continue;
      bad("I3", `${name}.${field} at ${site.name} is ${shown(held)}, the newest is ${shown(newest)}`);
    }
    const other = parts.get(thing.techId)!;
    if (other.parts !== thing.parts)
      bad("I3", `the parts of ${name} at ${site.name} are ${thing.parts}, at ${other.site} ${other.parts}`);
  }
}

/** Nothing that was written is lost: the root holds it, unless it was deleted by its newest write. */
function checkRoot(root: SiteState, truth: Truth, bad: Bad): void {
  for (const [techId, fields] of truth) {
    const isDeleted = isEmpty(fields.get("t1")) && isEmpty(fields.get("t2"));
    if (!root.things.has(techId) && !isDeleted) bad("I1", `${nameOf(techId)} not at the root`);
  }
}

function checkSlice(site: SiteState, father: SiteState, bad: Bad): void {
  for (const { techId, topics } of father.things.values())
    if (selects(site.slice, topics) && !site.things.has(techId))
      bad("I2", `${site.name} (${site.slice}) lacks ${nameOf(techId)} ${topics.join()} of ${father.name}`);
}

function checkEdge({ name, site, tracking, slice, held }: EdgeState, bad: Bad): void {
  const isRegistered = tracking === "registration";
  for (const { techId, topics, fields, parts } of site.things.values()) {
    const told = `${name} (${tracking} ${slice}): ${nameOf(techId)} ${topics.join()}`;
    const isSelected = selects(slice, topics);
    const own = held.get(techId);
    if (isSelected && !own) bad("I2", `${told} is lacking`);
    if (!own) continue;
    if (!isRegistered && !isSelected) bad("I2", `${told} is held`);
    if (isRegistered && vetoes(slice, topics)) continue;
    for (const [field, { value }] of fields)
      if ((own.get(field) ?? null) !== value)
        bad("I3", `${told}: ${field} is ${String(own.get(field))}, ${site.name} has ${String(value)}`);
    if (own.get("parts") !== parts)
      bad("I3", `${told}: the parts are ${String(own.get("parts"))}, ${site.name} has ${parts}`);
  }
  for (const techId of held.keys())
    if (!site.things.has(techId))
      bad("I2", `${name} (${tracking}) holds ${nameOf(techId)}, which ${site.name} has not`);
}

/** A site is vetoed by the topics that an entity has at its father, or is below one that is: it may have missed something. */
function isExempt({ father, slice }: SiteState, techId: string): boolean {
  if (father === undefined) return false;
  const above = father.things.get(techId);
  return (above !== undefined && vetoes(slice, above.topics)) || isExempt(father, techId);
}

function newestHeld({ sites, truth }: TreeState): Truth {
  const newest = new Map<string, Map<PlainField, Written>>();
  for (const techId of truth.keys()) {
    const fields = new Map<PlainField, Written>();
    for (const { things } of sites)
      for (const [name, written] of things.get(techId)?.fields ?? [])
        if (isNewer(written, fields.get(name))) fields.set(name, written);
    if (fields.size > 0) newest.set(techId, fields);
  }
  return newest;
}

interface PartsOf {
  readonly site: string;
  readonly parts: string;
}

/** The parts as the first site of those that miss nothing has them; the root is one of them, where it holds the entity. */
function newestParts(sites: readonly SiteState[]): Map<string, PartsOf> {
  const newest = new Map<string, PartsOf>();
  for (const site of sites)
    for (const { techId, parts } of site.things.values())
      if (!newest.has(techId) && !isExempt(site, techId)) newest.set(techId, { site: site.name, parts });
  return newest;
}

function isEmpty(written: Written | undefined): boolean {
  return written === undefined || written.value === "" || written.value === null;
}

function shown({ value, version }: Written): string {
  return `${String(value)} of ${versionText(version)}`;
}
