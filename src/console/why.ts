import { WHY_DELTAS_MAX } from "../base/limits.js";
import { LiveDistError } from "../base/errors.js";
import { decide } from "../delta-server/decide.js";
import type { DeltaServer } from "../delta-server/delta-server.js";
import type { Registration } from "../delta-server/registration.js";
import { explainSelection, type ExplainedTerm } from "../topics/explain-selection.js";
import { parseSubscription } from "../topics/everything.js";
import { topicsHeld } from "../topics/topics-held.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import type { Tracking } from "../wire/requests.js";
import { clientViews } from "./client-views.js";
import type { ConsoleContext } from "./console-context.js";
import { becauseUnregistered, type DecisionView, type Given, type StandingView } from "./decision-view.js";
import { deltaView } from "./delta-views.js";
import { entityDeltas } from "./entity-deltas.js";
import { entityNamed, type EntityView, techIdBytes } from "./entity-view.js";
import { type ApiRequest, neededText, textOf } from "./read-query.js";
import { type OlderDeltas, olderDeltas } from "./older-deltas.js";
import { registeredDecisions, type RowDelta, sliceSays } from "./registered-decisions.js";

/** Why a client holds an entity, or does not. */
export interface Why {
  readonly clientId: string;
  readonly techId: string;
  /** The answer in a sentence. */
  readonly verdict: string;
  readonly tracking: Tracking;
  readonly topicsSlice: string;
  /** Absent where this server does not hold the entity. */
  readonly entity?: EntityView;
  /** What each term of the slice says of the entity's topics as they are now; absent where the entity is not held. */
  readonly terms?: readonly ExplainedTerm[];
  readonly selects: boolean;
  /** Topics under `!` that veto the entity. */
  readonly vetoedBy: readonly string[];
  /** How a registered client stands to it now. */
  readonly standing?: StandingView;
  /** The sequence-number of a registered client's load: what was before it is not told. */
  readonly loadSequence?: number;
  /** Deltas up to here are no longer in memory. */
  readonly windowFrom: number;
  /** Deltas up to here were not looked at: they are older than the load, have left the log, or were too many (WHY_LOG_ROWS_MAX). */
  readonly lookedFrom: number;
  /** What the client has acknowledged. */
  readonly position?: number;
  /** The newest deltas of the entity, the oldest first. */
  readonly decisions: readonly DecisionView[];
}

/** What a client subscribes to. */
interface Subject {
  readonly clientId: string;
  readonly tracking: Tracking;
  readonly slice: TopicsSlice;
  readonly registration?: Registration;
  readonly position?: number;
}

/**
 * Explains why the client of the query holds the entity of its tech-id, or does not; of an unregistered client, of whose edges each
 * may have a slice of its own, the query may name `slice` and `tracking`. Throws UnknownClient, NotRegistered, Request.
 */
export async function why(context: ConsoleContext, request: ApiRequest): Promise<Why> {
  const { delta } = context;
  const techId = neededText(request, "techId").toLowerCase();
  const bytes = techIdBytes(techId);
  const subject = subjectOf(context, request);
  const { clientId, tracking, slice, registration, position } = subject;
  const entity = entityNamed(delta.cache, bytes);
  const topics = entity?.topics ?? [];
  const { selectsApp, vetoedBy } = sliceSays(slice, topics);
  const since = registration?.sequence ?? 0;
  const windowFrom = delta.window.startSequence;
  // The window moves on while older rows are read: what it lets go of meanwhile is kept here.
  const before = entityDeltas(delta.window, bytes, since);
  const older = await olderOf(context, bytes, since, before.length);
  const standing = registration && standingOf(delta, registration, bytes);
  const leftMeanwhile = before.filter(({ row }) => row.sequence <= delta.window.startSequence);
  const deltas = [...older.deltas, ...leftMeanwhile, ...entityDeltas(delta.window, bytes, since)].slice(
    -WHY_DELTAS_MAX,
  );
  const decisions = decisionsOf(delta, subject, bytes, deltas);
  return {
    clientId,
    techId,
    tracking,
    topicsSlice: slice.text,
    verdict: verdictOf(subject, { entity, selects: selectsApp, vetoedBy, standing, decisions }),
    ...(entity && { entity, terms: explainSelection(slice.expression, topicsHeld(topics)) }),
    selects: entity !== undefined && selectsApp,
    vetoedBy,
    ...(standing && { standing }),
    ...(registration && { loadSequence: registration.sequence }),
    windowFrom,
    lookedFrom: older.lookedFrom,
    ...(position !== undefined && { position }),
    decisions,
  };
}

function subjectOf(context: ConsoleContext, request: ApiRequest): Subject {
  const { site, delta } = context;
  const { clientId } = site.clients.row(neededText(request, "client"));
  const client = clientViews(context).clients.find((one) => one.clientId === clientId);
  const position = client?.sequence;
  const registration = delta.registered.get(clientId);
  const sliceText = textOf(request, "slice");
  if (registration && !sliceText) {
    return {
      clientId,
      tracking: "registration",
      slice: registration.slice,
      registration,
      ...(position !== undefined && { position }),
    };
  }
  const text = sliceText ?? client?.topicsSlice;
  const tracking = unregisteredOf(textOf(request, "tracking") ?? (client?.tracking === "none" ? "none" : "transition"));
  if (text && client?.tracking !== "registration")
    return { clientId, tracking, slice: parseSubscription(text), ...(position !== undefined && { position }) };
  if (text && sliceText) return { clientId, tracking, slice: parseSubscription(text) };
  throw new LiveDistError(
    "NotRegistered",
    `nothing is known here of what ${clientId} subscribes to: name a slice to ask about`,
  );
}

function unregisteredOf(text: string): "transition" | "none" {
  if (text === "transition" || text === "none") return text;
  throw new LiveDistError("Request", "tracking has to be transition or none");
}

function standingOf({ registered: { table } }: DeltaServer, { bit }: Registration, techId: Uint8Array): StandingView {
  const slot = table.find(techId, 0);
  return { registered: table.isRegistered(slot, bit), synchronized: table.isSynchronized(slot, bit) };
}

/** Goes on into the log's table where the window does not go back to the load; a proxy has none. */
async function olderOf(
  { site, delta }: ConsoleContext,
  techId: Uint8Array,
  since: number,
  found: number,
): Promise<OlderDeltas> {
  const { schemas } = delta;
  const through = delta.window.startSequence;
  const deltasMax = WHY_DELTAS_MAX - found;
  if (site.store === undefined || since >= through || deltasMax <= 0)
    return { deltas: [], lookedFrom: Math.max(through, since) };
  return olderDeltas({ log: site.store.log, schemas, techId, after: since, through, deltasMax });
}

function decisionsOf(
  delta: DeltaServer,
  { tracking, slice, registration }: Subject,
  techId: Uint8Array,
  deltas: readonly RowDelta[],
): DecisionView[] {
  if (registration) return registeredDecisions(delta, registration, techId, deltas);
  if (tracking === "registration") return [];
  return deltas.map((one) => unregisteredDecision(delta, tracking, slice, one));
}

const givens = { asItIs: "as it is", full: "in full", leaves: "leaves", nothing: "nothing" } as const satisfies Record<
  string,
  Given
>;

function unregisteredDecision(
  { schemas }: DeltaServer,
  tracking: "transition" | "none",
  slice: TopicsSlice,
  { row, delta, isOld }: RowDelta,
): DecisionView {
  const { oper } = delta.encoded;
  if (isOld && tracking === "transition" && delta.oldAppTopics === null && oper !== "CREATE")
    return {
      ...deltaView(row, delta, schemas),
      given: "unknown",
      because: "what its topics were before is not known any more",
    };
  const given = givens[decide(tracking, slice, delta)];
  const was = delta.oldAppTopics !== null && slice.selects(delta.oldAppTopics);
  const because = becauseUnregistered(tracking, was, slice.selects(delta.appTopics), given);
  return { ...deltaView(row, delta, schemas), given, because };
}

interface Found {
  readonly entity: EntityView | undefined;
  readonly selects: boolean;
  readonly vetoedBy: readonly string[];
  readonly standing: StandingView | undefined;
  readonly decisions: readonly DecisionView[];
}

/** Says in a sentence whether the client holds the entity, and why. */
function verdictOf(
  { clientId, tracking, position }: Subject,
  { entity, selects, vetoedBy, standing, decisions }: Found,
): string {
  const waiting = decisions.find(
    ({ given, sequence }) => given !== "nothing" && position !== undefined && sequence > position,
  );
  const behind = waiting ? `; sequence ${waiting.sequence} still waits for it, it stands at ${position}` : "";
  if (entity === undefined) return `${clientId} does not hold it: this server does not hold the entity${behind}`;
  if (standing) return `${verdictOfStanding(clientId, standing, selects, vetoedBy)}${behind}`;
  if (tracking === "none")
    return `${clientId} follows the stream without a copy: of a change with these topics it is given ${selects ? "the delta" : "nothing"}${behind}`;
  return selects
    ? `${clientId} holds it: its slice selects the entity's topics${behind}`
    : `${clientId} does not hold it: its slice does not select the entity's topics${behind}`;
}

function verdictOfStanding(
  clientId: string,
  { registered, synchronized }: StandingView,
  selects: boolean,
  vetoedBy: readonly string[],
): string {
  const veto = vetoedBy.length > 0 ? `!${vetoedBy.join(", !")} of its slice vetoes its changes` : undefined;
  if (registered && synchronized)
    return `${clientId} holds it and is current${selects ? ": its slice selects it" : veto ? `, while ${veto}` : ", though its slice does not select it any more: it is registered on it"}`;
  if (registered)
    return `${clientId} is registered on it and not current: ${veto ?? "the whole entity comes with its next change or load"}`;
  return `${clientId} does not hold it: ${selects ? "its slice selects it, but it was not given it yet: it comes with the next change or load" : (veto ?? "its slice does not select it")}`;
}
