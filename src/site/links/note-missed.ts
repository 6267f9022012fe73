import { LINK_TECH_IDS_MAX } from "../../base/limits.js";
import type { DeltaObject } from "../../delta/delta-object.js";
import { appTopics } from "../../topics/topics-list.js";
import type { Position } from "../../wire/requests.js";
import type { Missed } from "./link-inbox.js";
import { type FatherNotes, omit, union } from "./link-notes.js";
import type { Wants } from "./wants.js";

/**
 * Gives the notes after something was applied that leads to a position: what is lacking is to be loaded where it is wanted, and
 * what is incomplete always; all else that is not held is to be unregistered. Where that is too much to be noted, the position has no stamp any more: the link
 * then names what it holds.
 */
export function noteMissed(notes: FatherNotes, missed: Missed, wants: Wants, position: Position): FatherNotes {
  const isWanted = ({ topics }: DeltaObject): boolean => wants(appTopics(topics));
  // What is held is kept up to date whether or not the slice still selects it.
  const toLoad = [...missed.lacking.filter(isWanted), ...missed.incomplete];
  const lacking = union(notes.lacking, techIdsOf(toLoad));
  const unwanted = [...missed.lacking.filter((delta) => !isWanted(delta)), ...missed.unwanted];
  const toUnregister = union(notes.toUnregister, techIdsOf(unwanted));
  const unregistered = (notes.unregistered ?? []).filter(({ sequence }) => sequence > position.sequence);
  const { epoch, sequence } = position;
  const isTooMuch = lacking.length > LINK_TECH_IDS_MAX || toUnregister.length > LINK_TECH_IDS_MAX;
  if (isTooMuch) return { ...withoutLists(notes), position: { epoch, sequence } };
  return { ...withoutLists(notes), ...given({ lacking, toUnregister, unregistered }), position };
}

/** Gives the notes without what was to be loaded and unregistered: naming all that is held makes up for it. */
export function withoutLists(notes: FatherNotes): FatherNotes {
  return omit(notes, "lacking", "toUnregister", "unregistered");
}

/** Leaves out the lists that are empty. */
export function given<T extends Readonly<Record<string, readonly unknown[]>>>(lists: T): Partial<T> {
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)) as Partial<T>;
}

export function techIdsOf(deltas: readonly DeltaObject[]): readonly string[] {
  return deltas.map(({ techId }) => techId);
}
