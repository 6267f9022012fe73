import { LateFrame } from "../delta-server/late-frame.js";
import type { DeltaServer } from "../delta-server/delta-server.js";
import type { Registration } from "../delta-server/registration.js";
import type { WindowDelta, WindowRow } from "../delta-server/window-row.js";
import { readEncodedDeltaBuffer } from "../delta/delta-buffer.js";
import type { Oper } from "../delta/oper.js";
import { deltaFlags } from "../delta/encoded-delta.js";
import { decideRegistered, HalfDecision } from "../registration/decide-registered.js";
import { appTopics, isRoutingTopic, routedTopic } from "../topics/topics-list.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import { FrameReader } from "../wire/frames.js";
import {
  becauseRegistered,
  type DecisionView,
  type Given,
  type SliceSays,
  type StandingView,
} from "./decision-view.js";
import { deltaView } from "./delta-views.js";
import { isOf } from "./entity-deltas.js";

/** A delta of an entity in its row. */
export interface RowDelta {
  readonly row: WindowRow;
  readonly delta: WindowDelta;
  /** Whether it was read from the database: what clients were given of it is not in memory any more. */
  readonly isOld?: true;
}

interface Decided {
  readonly given: Given;
  readonly before: StandingView;
  readonly after: StandingView;
}

const standings: readonly StandingView[] = [
  { registered: false, synchronized: false },
  { registered: true, synchronized: false },
  { registered: true, synchronized: true },
];

/**
 * Tells what a registered client was given of an entity's deltas since its load, with the function that decided it then. How the
 * client stood to the entity before the first of them is kept nowhere: each way is tried, and those stay that lead to what the
 * table has now and to what stands in the client's stream.
 */
export function registeredDecisions(
  { registered, schemas }: DeltaServer,
  registration: Registration,
  techId: Uint8Array,
  deltas: readonly RowDelta[],
): DecisionView[] {
  const { table } = registered;
  const slot = table.find(techId, 0);
  const now = {
    registered: table.isRegistered(slot, registration.bit),
    synchronized: table.isSynchronized(slot, registration.bit),
  };
  const seen = deltas.map((one) => givenIn(registration, one, techId));
  const says = deltas.map(({ delta }) => sliceSays(registration.slice, delta.encoded.topics));
  const histories = standings
    .map((first) => decideAll(deltas, says, first))
    .filter((history) => isConsistent(history, seen, now));
  return deltas.map(({ row, delta }, at) => {
    const view = deltaView(row, delta, schemas);
    const all = histories.map((history) => history[at]!);
    const [one] = all;
    if (one === undefined || all.some((other) => other.given !== one.given))
      return { ...view, ...fromStream(seen[at]) };
    const because = becauseRegistered(delta.encoded.oper, says[at]!, one.before, one.given);
    const isBeforeKnown = all.every(({ before }) => isSame(before, one.before));
    const isAfterKnown = all.every(({ after }) => isSame(after, one.after));
    return {
      ...view,
      given: one.given,
      because,
      ...(isBeforeKnown && { before: one.before }),
      ...(isAfterKnown && { after: one.after }),
    };
  });
}

/** Tells what a slice says of a delta's whole topics-list, as the table of slices does for all clients at once. */
export function sliceSays(slice: TopicsSlice, topicsList: readonly string[]): SliceSays {
  const selects = slice.selects(topicsList);
  const app = appTopics(topicsList);
  const selectsApp = slice.selects(app);
  const looped = topicsList.filter(isRoutingTopic).map(routedTopic);
  const excluded = (topics: readonly string[]): string[] => topics.filter((topic) => slice.excludedTopics.has(topic));
  return {
    selects,
    selectsApp,
    vetoedBy: selectsApp ? [] : excluded(app),
    loopedBy: selects ? [] : excluded(looped),
  };
}

function decideAll(deltas: readonly RowDelta[], says: readonly SliceSays[], first: StandingView): Decided[] {
  let before = first;
  return deltas.map(({ delta }, at) => {
    const decided = decideOne(delta, says[at]!, before);
    before = decided.after;
    return decided;
  });
}

function decideOne({ encoded, record }: WindowDelta, says: SliceSays, before: StandingView): Decided {
  const decision = new HalfDecision();
  const asked = {
    oper: encoded.oper,
    takesSynchronized: (encoded.flags & deltaFlags.takesSynchronized) !== 0,
    hasRecord: record !== undefined,
  };
  // One client: it has the lowest bit of its half.
  const masks = {
    sel: Number(says.selects),
    selApp: Number(says.selectsApp),
    vetoApp: Number(says.vetoedBy.length > 0),
    vetoLoop: Number(says.loopedBy.length > 0),
  };
  decideRegistered(asked, masks, Number(before.registered), Number(before.synchronized), decision);
  return {
    given: (decision.full & 1) === 1 ? "in full" : (decision.asIs & 1) === 1 ? "as it is" : "nothing",
    before,
    after: { registered: (decision.registered & 1) === 1, synchronized: (decision.synchronized & 1) === 1 },
  };
}

function isConsistent(history: readonly Decided[], seen: readonly (Given | undefined)[], now: StandingView): boolean {
  const last = history.at(-1);
  if (last !== undefined && !isSame(last.after, now)) return false;
  return history.every(({ given }, at) => seen[at] === undefined || seen[at] === given);
}

function isSame(a: StandingView, b: StandingView): boolean {
  return a.registered === b.registered && a.synchronized === b.synchronized;
}

/** Tells what the client's stream has of an entity's delta; undefined where that is not known. */
function givenIn(registration: Registration, { row, delta, isOld }: RowDelta, techId: Uint8Array): Given | undefined {
  if (isOld || row.sequence <= registration.knownSince) return undefined;
  const frame = registration.entryAt(row.sequence)?.frame;
  if (frame === undefined) return "nothing";
  const bytes = frame instanceof LateFrame ? frame.bytes : frame;
  if (bytes === undefined) return undefined;
  const opers = new FrameReader()
    .push(bytes)
    .flatMap((one) => (one.kind === "ROW" ? opersOf(one.deltaBuffer, techId) : []));
  const { oper } = delta.encoded;
  if (opers.includes(oper)) return "as it is";
  return oper === "UPDATE" && opers.includes("FULL") ? "in full" : "nothing";
}

function opersOf(deltaBuffer: Uint8Array, techId: Uint8Array): Oper[] {
  return readEncodedDeltaBuffer(deltaBuffer)
    .deltas.filter((delta) => isOf(delta, techId))
    .map(({ oper }) => oper);
}

/** Says what is known where no history of decisions leads to what is so now. */
function fromStream(seen: Given | undefined): Pick<DecisionView, "given" | "because"> {
  const between =
    "a command of the client (a load, an unregistration) came between, so that how it stood then is not known";
  if (seen === undefined) return { given: "unknown", because: between };
  const says = seen === "nothing" ? "its stream has nothing of it" : "it stands in its stream";
  return { given: seen, because: `${says}; ${between}` };
}
