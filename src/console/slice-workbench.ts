import { LiveDistError } from "../base/errors.js";
import { CONSOLE_SAMPLE_MAX } from "../base/limits.js";
import { NO_SLOT } from "../base/guid-table.js";
import type { Cache } from "../cache-server/cache.js";
import { SlotSet } from "../cache-server/slot-set.js";
import type { DeltaServer } from "../delta-server/delta-server.js";
import type { Registration } from "../delta-server/registration.js";
import { enteringSlots, leavingSlots, owedSlots } from "../delta-server/slice-change.js";
import { formatTopicsSliceTree } from "../topics/format-topics-slice-tree.js";
import { printTopicsSlice } from "../topics/print-topics-slice.js";
import { parseTopicsSlice, type TopicsSlice } from "../topics/topics-slice.js";
import type { ConsoleContext } from "./console-context.js";
import { entityAt, type EntityView } from "./entity-view.js";
import { type ApiRequest, memberText, membersOf } from "./read-query.js";

/** Some entities: how many, and the first of them. */
export interface Selected {
  readonly count: number;
  readonly sample: readonly EntityView[];
}

/** What changing from one slice to another would do. */
export interface SliceChangeView {
  readonly before: string;
  /** What PartialLoad would bring, beside the deltas still owed. */
  readonly loads: Selected;
  /** What SelectMinus would name, for the client to drop. */
  readonly drops: Selected;
}

/** A topics-slice, what it selects now, and what changing to it would do. */
export interface ExaminedSlice {
  readonly canonical: string;
  readonly tree: string;
  readonly topics: readonly string[];
  readonly excludedTopics: readonly string[];
  readonly neededTopics: readonly string[];
  readonly hasTimeWindow: boolean;
  /** The sequence-number at which all this is so. */
  readonly sequence: number;
  readonly selects: Selected;
  readonly change?: SliceChangeView;
}

/**
 * Examines the `expression` of a body, and the change to it: from the slice `before`, or that of the registered client `clientId`.
 * Nothing is changed by it. Throws TopicsSlice, NotRegistered, Request.
 */
export function examineSlice({ delta }: ConsoleContext, request: ApiRequest): ExaminedSlice {
  const members = membersOf(request);
  const expression = memberText(members, "expression");
  if (expression === undefined) throw new LiveDistError("Request", "expression is missing");
  const slice = parseTopicsSlice(expression);
  const change = changeTo(delta, slice, memberText(members, "before"), memberText(members, "clientId"));
  const { cache, clock, sequence } = delta;
  return {
    canonical: printTopicsSlice(slice.expression),
    tree: formatTopicsSliceTree(slice),
    topics: [...slice.topics],
    excludedTopics: [...slice.excludedTopics],
    neededTopics: [...slice.needed],
    hasTimeWindow: slice.hasTimeWindow,
    sequence,
    selects: selected(cache, cache.selectSlots(slice, clock.now())),
    ...(change && { change }),
  };
}

function changeTo(
  delta: DeltaServer,
  slice: TopicsSlice,
  beforeText: string | undefined,
  clientId: string | undefined,
): SliceChangeView | undefined {
  if (clientId) return changeOfClient(delta, slice, registrationOf(delta, clientId));
  if (!beforeText) return undefined;
  const { cache, clock } = delta;
  const before = parseBefore(beforeText);
  return {
    before: before.text,
    loads: selected(cache, enteringSlots(cache, before, slice, clock.now())),
    drops: selected(cache, leavingSlots(cache, before, slice)),
  };
}

/** Of a registered client, what it holds counts: it is given what it lacks, and drops only what it has. */
function changeOfClient(
  { cache, clock, registered }: DeltaServer,
  slice: TopicsSlice,
  registration: Registration,
): SliceChangeView {
  const { table } = registered;
  const { bit } = registration;
  const drops = new SlotSet();
  leavingSlots(cache, registration.slice, slice).forEach((slot) => {
    if (table.isRegistered(slot, bit)) drops.add(slot);
  });
  const loads = owedSlots(cache, table, bit, slice, clock.now());
  return { before: registration.slice.text, loads: selected(cache, loads), drops: selected(cache, drops) };
}

function registrationOf({ registered }: DeltaServer, clientId: string): Registration {
  const registration = registered.get(clientId);
  if (registration) return registration;
  throw new LiveDistError(
    "NotRegistered",
    `the client ${clientId} is not registered here: name the slice before instead`,
  );
}

/** Parses the slice before; its error says which of the two it is about. */
function parseBefore(text: string): TopicsSlice {
  try {
    return parseTopicsSlice(text);
  } catch (error) {
    if (!(error instanceof LiveDistError)) throw error;
    throw new LiveDistError("Request", `the slice before is wrong: ${error.message}`, { cause: error });
  }
}

function selected(cache: Cache, slots: SlotSet): Selected {
  const sample: EntityView[] = [];
  for (let slot = slots.next(0); slot !== NO_SLOT && sample.length < CONSOLE_SAMPLE_MAX; slot = slots.next(slot + 1)) {
    sample.push(entityAt(cache, slot));
  }
  return { count: slots.count, sample };
}
