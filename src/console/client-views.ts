import { LiveDistError } from "../base/errors.js";
import { CONSOLE_EDGES_MAX, STREAM_ACKNOWLEDGED_MS_MAX } from "../base/limits.js";
import type { DeltaServer } from "../delta-server/delta-server.js";
import type { ServedSite } from "../site/served-site.js";
import type { FeedActivity } from "../site/client-activity.js";
import type { ClientRow } from "../store/store.js";
import type { Tracking } from "../wire/requests.js";
import type { ConsoleContext } from "./console-context.js";
import { type ApiRequest, memberText, membersOf } from "./read-query.js";

/** Within this, a stream acknowledges what it has taken. */
const ACKNOWLEDGED_MS = STREAM_ACKNOWLEDGED_MS_MAX + 1_000;

/** What waits for a client: rows of the log that have something for it and that it has not acknowledged. */
export interface PendingView {
  readonly pendingRows: number;
  /** For how long the first of them has waited, in milliseconds. */
  readonly pendingMs: number;
}

/** A row of LiveDistClients, and how its client fares here. */
export interface ClientView extends Partial<PendingView> {
  readonly clientId: string;
  readonly bitNumber: number;
  readonly isDisabled: boolean;
  readonly kind: "edge" | "proxy" | "site";
  /** Streams and waiting polls. */
  readonly edges: number;
  readonly tracking?: Tracking;
  readonly topicsSlice?: string;
  /** What the client has acknowledged; of several edges, the one that is furthest behind. */
  readonly sequence?: number;
  /** Milliseconds since 1970 when it was last heard, where it does not fetch now. */
  readonly seenMs?: number;
  /** Entities that it is registered on, and those of which it is current; of registered clients only. */
  readonly registered?: number;
  readonly synchronized?: number;
}

/** Who is given deltas, and where it stands. */
type Subscriber = Pick<FeedActivity, "clientId" | "tracking" | "topicsSlice" | "sequence" | "isStream">;

/** Somebody who fetches deltas now. */
export interface EdgeView extends FeedActivity, PendingView {}

/** Gives the rows of LiveDistClients with what is known of each client, by BitNumber. */
export function clientViews(context: ConsoleContext): { readonly canChange: boolean; readonly clients: ClientView[] } {
  const { site } = context;
  const feeds = feedsByClient(site);
  const clients = site.clients.rows.map((row) => clientView(context, row, feeds.get(row.clientId) ?? []));
  return { canChange: site.store !== undefined, clients };
}

/** Gives those who fetch deltas now, the one that is furthest behind first; of one client where the query names it. */
export function edgeViews(context: ConsoleContext, { query }: ApiRequest): { total: number; edges: EdgeView[] } {
  const clientId = query.get("client");
  const feeds = [...context.site.activity.feeds].filter((feed) => clientId === null || feed.clientId === clientId);
  const edges = feeds.map((feed) => ({ ...feed, ...pendingOf(context, feed) }));
  edges.sort((a, b) => b.pendingRows - a.pendingRows);
  return { total: edges.length, edges: edges.slice(0, CONSOLE_EDGES_MAX) };
}

/** Sets IsDisabled of a client's row, as an administrator would in the table. Rejects with UnknownClient, Request. */
export async function changeClient(
  { site, name }: ConsoleContext,
  request: ApiRequest,
): Promise<{ clientId: string; isDisabled: boolean }> {
  const members = membersOf(request);
  const clientId = memberText(members, "clientId");
  const { isDisabled } = members;
  if (clientId === undefined || typeof isDisabled !== "boolean") {
    throw new LiveDistError("Request", "clientId has to be a text, and isDisabled true or false");
  }
  if (site.store === undefined) {
    throw new LiveDistError(
      "Request",
      `the proxy ${name} mirrors its mother's clients: change the table at the center`,
    );
  }
  await (isDisabled ? site.store.clients.disable(clientId) : site.store.clients.enable(clientId));
  site.logger.info({ clientId, isDisabled }, "the console has changed LiveDistClients");
  return { clientId, isDisabled };
}

/** Tells what waits for somebody who fetches, or would. */
export function pendingOf(context: ConsoleContext, feed: Subscriber): PendingView {
  const { site } = context;
  const delta = site.delta();
  const pending = delta && entriesOf(context, delta, feed)?.pendingAfter(feed.sequence);
  if (!delta || pending?.firstSequence === undefined) return { pendingRows: 0, pendingMs: 0 };
  const nowMs = site.clock.now();
  const pendingMs = Math.max(0, nowMs - (delta.window.row(pending.firstSequence)?.enteredMs ?? nowMs));
  // A stream that is current acknowledges only now and then.
  if (feed.isStream && pendingMs < ACKNOWLEDGED_MS) return { pendingRows: 0, pendingMs: 0 };
  return { pendingRows: pending.count, pendingMs };
}

function entriesOf({ slices }: ConsoleContext, delta: DeltaServer, { clientId, tracking, topicsSlice }: Subscriber) {
  if (tracking === "registration") return delta.registered.get(clientId);
  return delta.groups.find(slices.parse(topicsSlice), tracking);
}

function feedsByClient({ activity }: ServedSite): Map<string, FeedActivity[]> {
  const byClient = new Map<string, FeedActivity[]>();
  for (const feed of activity.feeds) {
    const feeds = byClient.get(feed.clientId);
    if (feeds) feeds.push(feed);
    else byClient.set(feed.clientId, [feed]);
  }
  return byClient;
}

function clientView(context: ConsoleContext, row: ClientRow, feeds: readonly FeedActivity[]): ClientView {
  const { site } = context;
  const { activity } = site;
  const seen = activity.seen(row.clientId);
  const registration = site.delta()?.registered.get(row.clientId);
  const slowest = feeds.reduce<FeedActivity | undefined>((a, b) => (a && a.sequence <= b.sequence ? a : b), undefined);
  const shown = slowest ?? seen;
  return {
    ...row,
    kind: kindOf(site, row.clientId),
    edges: feeds.length,
    ...(shown && {
      tracking: shown.tracking,
      topicsSlice: shown.topicsSlice,
      sequence: shown.sequence,
      ...pendingOf(context, shown),
    }),
    ...(seen && feeds.length === 0 && { seenMs: seen.seenMs }),
    ...(registration && {
      tracking: "registration",
      topicsSlice: registration.slice.text,
      ...site.delta()!.registered.table.counts(registration.bit),
    }),
  };
}

function kindOf({ activity, links }: ServedSite, clientId: string): ClientView["kind"] {
  if (activity.isProxy(clientId)) return "proxy";
  return links().some(({ peer }) => peer === clientId) ? "site" : "edge";
}
