import { isDeepStrictEqual } from "node:util";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import type { Position } from "../../src/wire/requests.js";
import { show } from "./expect-same.js";
import type { Model } from "./model.js";
import { selects, vetoes } from "./oracle-topics.js";

/** What a load brought. */
export interface Loaded {
  readonly topicsSlice: string;
  readonly position: Position;
  readonly deltas: readonly DeltaObject[];
  readonly gone: readonly string[];
}

/**
 * Throws unless the answer of a registered client's SyncLoad with tech-ids is what it has to be, no more and no less: what is
 * named and has changed since, what is selected and not named, nothing that is vetoed; and which of those named are not there.
 */
export function expectSyncAnswer(
  model: Model,
  where: string,
  named: ReadonlySet<string>,
  since: Position | Date | undefined,
  { topicsSlice, position, deltas, gone }: Loaded,
): void {
  const there = model.oracle.at(position.sequence);
  const isChanged = changedSince(model, since, position);
  const expected = [...there].filter(([techId, { topics }]) => {
    if (vetoes(topicsSlice, topics)) return false;
    return named.has(techId) ? isChanged(techId) : selects(topicsSlice, topics);
  });
  const expectedIds = expected.map(([techId]) => techId).sort();
  const givenIds = deltas.map(({ techId }) => techId).sort();
  if (!isDeepStrictEqual(givenIds, expectedIds))
    throw new Error(`${where}: is to be synchronized with ${show(expectedIds)} and is given ${show(givenIds)}`);
  const expectedGone = [...named].filter((techId) => !there.has(techId)).sort();
  if (!isDeepStrictEqual([...gone].sort(), expectedGone))
    throw new Error(`${where}: is to hear that ${show(expectedGone)} are gone, and hears ${show(gone)}`);
}

function changedSince(
  { oracle, log }: Model,
  since: Position | Date | undefined,
  { epoch, sequence }: Position,
): (techId: string) => boolean {
  if (since instanceof Date) return (techId) => oracle.at(sequence).get(techId)!.updateTimeMs >= since.getTime();
  if (since?.epoch !== epoch) return () => true;
  const changed = log.changed(since.sequence, sequence);
  return (techId) => changed.has(techId);
}
