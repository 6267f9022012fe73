import { bytesToGuid } from "../base/guid.js";
import { CONSOLE_DELTAS_MAX } from "../base/limits.js";
import type { SchemaRegistry } from "../delta/schema-registry.js";
import type { WindowDelta, WindowRow } from "../delta-server/window-row.js";
import { parseTopicsSlice, type TopicsSlice } from "../topics/topics-slice.js";
import type { ConsoleContext } from "./console-context.js";
import { type ApiRequest, numberOf, textOf } from "./read-query.js";

/** A delta as the console shows it: its header, and no value of a field. */
export interface DeltaView {
  readonly sequence: number;
  /** When it was read here, in milliseconds since 1970. */
  readonly enteredMs: number;
  readonly oper: string;
  readonly deltaClass: string;
  readonly techId: string;
  readonly topics: readonly string[];
  readonly oldTopics: readonly string[] | null;
  readonly updateTimeMs: number;
  /** The site that wrote it. */
  readonly site: string;
  readonly bytes: number;
}

export interface Tail {
  /** To be asked from next time. */
  readonly sequence: number;
  /** How many deltas were left out, the older ones. */
  readonly skipped: number;
  readonly deltas: readonly DeltaView[];
}

/** Gives the newest deltas after a sequence-number, of those that a slice selects or has selected, where the query names one. */
export function tail({ delta }: ConsoleContext, request: ApiRequest): Tail {
  const { window } = delta;
  const after = Math.max(numberOf(request, "after", 0), window.startSequence);
  const sliceText = textOf(request, "slice");
  const slice = sliceText ? parseTopicsSlice(sliceText) : undefined;
  const found: DeltaView[] = [];
  let skipped = 0;
  // From the newest on, so that a long window costs no more than what is shown; how many were left out is all that is counted.
  for (const row of [...window.after(Math.min(after, window.lastSequence))].reverse()) {
    for (const one of [...row.deltas].reverse()) {
      if (slice && !concerns(slice, one)) continue;
      if (found.length < CONSOLE_DELTAS_MAX) found.push(deltaView(row, one, delta.schemas));
      else skipped++;
    }
  }
  return { sequence: window.lastSequence, skipped, deltas: found.reverse() };
}

/** Makes the view of a delta of a row. */
export function deltaView(
  { sequence, enteredMs }: WindowRow,
  { encoded, schemaName, oldAppTopics }: WindowDelta,
  schemas: SchemaRegistry,
): DeltaView {
  return {
    sequence,
    enteredMs,
    oper: encoded.oper,
    deltaClass: schemas.named(schemaName)?.classes[encoded.classIndex]?.name ?? "(unknown)",
    techId: bytesToGuid(encoded.bytes, encoded.techIdAt),
    topics: encoded.topics,
    oldTopics: oldAppTopics,
    updateTimeMs: encoded.updateTimeMs,
    site: encoded.version.site,
    bytes: encoded.end - encoded.start,
  };
}

function concerns(slice: TopicsSlice, { routedTopics, oldAppTopics }: WindowDelta): boolean {
  return slice.selects(routedTopics) || (oldAppTopics !== null && slice.selects(oldAppTopics));
}
