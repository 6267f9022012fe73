import type { Position } from "../../wire/requests.js";

/**
 * What a link remembers beyond the life of its process: plain data in LiveDistLinks, written in the transaction that does what
 * it says.
 */
export interface LinkNotes {
  /** The epoch of the site's own log when the link last knew that both sides agree; another one now tells of a restore. */
  readonly ownEpoch: string;
  /** Up to where everything from the peer is applied. Absent before the first load. */
  readonly position?: Position;
  /** Tech-ids of entities of which the peer sent a change that cannot be applied: to be loaded. */
  readonly lacking?: readonly string[];
}

/** What a link to the father remembers besides. */
export interface FatherNotes extends LinkNotes {
  /** The slice in force at the father, as it was before routing topics were added. */
  readonly topicsSlice: string;
  /** LiveDistFatherTopicsSlice at the last start: where it is another now, the operator wants another slice. */
  readonly configuredSlice: string;
  /** The slice that is to be in force. */
  readonly wantedSlice?: string;
  /** Slices that were in force before: what only these select is still to be dropped. */
  readonly minus?: readonly string[];
  /** Tech-ids of entities that are not held, on which the father may have this site registered. */
  readonly toUnregister?: readonly string[];
  /** What the father has unregistered. A process that starts before the position is there has to say it again: only an Edge in memory skips up to there. */
  readonly unregistered?: readonly Unregistered[];
}

export interface Unregistered {
  readonly techIds: readonly string[];
  /** The father's sequence-number at which it took effect. */
  readonly sequence: number;
}

/** Gives tech-ids of both lists, each once. */
export function union(some: readonly string[] = [], others: readonly string[] = []): readonly string[] {
  return others.length === 0 ? some : [...new Set([...some, ...others])];
}

/** Gives notes without some of their members. */
export function omit<N extends object, K extends keyof N>(notes: N, ...keys: readonly K[]): Omit<N, K> {
  const isKept = ([key]: readonly [string, unknown]): boolean => !keys.includes(key as K);
  return Object.fromEntries(Object.entries(notes).filter(isKept)) as Omit<N, K>;
}
