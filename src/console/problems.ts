import { errorCodes, isErrorCode } from "../base/error-codes.js";
import type { SiteServer } from "../site/servers/site-server.js";
import type { ClientView } from "./client-views.js";
import type { LinkView } from "./overview.js";

/** Who has not taken in this time what waits for it is behind. Streams that are current acknowledge every 5 seconds. */
const BEHIND_MS = 15_000;

/** Something that an administrator should look at. */
export interface Problem {
  readonly severity: "error" | "warning";
  /** What is the matter, in a sentence. */
  readonly what: string;
  /** What to do about it. */
  readonly remedy: string;
  /** The client or site that it is about. */
  readonly clientId?: string;
}

export interface ProblemsParts {
  readonly clients: readonly ClientView[];
  readonly links: readonly LinkView[];
  readonly servers: readonly SiteServer[];
  /** Milliseconds without a sign of life after which a server is taken for gone. */
  readonly silentMsMax: number;
  readonly isConnectedToCenter: boolean;
  readonly isProxy: boolean;
  readonly nowMs: number;
}

/** Finds what is wrong with a site, the worst first. */
export function findProblems(parts: ProblemsParts): Problem[] {
  const { clients, links, servers, silentMsMax, isConnectedToCenter, isProxy, nowMs } = parts;
  const problems = [
    ...(isProxy && !isConnectedToCenter ? [cutOff] : []),
    ...servers.flatMap((server) => problemOfServer(server, silentMsMax)),
    ...links.flatMap(problemOfLink),
    ...clients.flatMap((client) => problemOfClient(client, nowMs)),
  ];
  return problems.sort((a, b) => Number(a.severity === "warning") - Number(b.severity === "warning"));
}

const cutOff: Problem = {
  severity: "error",
  what: "the center is not reached: edges are served what was held when the connection broke",
  remedy: "look whether the mother's servers run (LiveDistMotherServers), and then at the network between",
};

function problemOfServer({ url, isThis, silentMs }: SiteServer, silentMsMax: number): Problem[] {
  if (silentMs < silentMsMax) return [];
  const silent = `for ${seconds(silentMs)}`;
  if (isThis) {
    const remedy = "look at the database, and at the way to it: other servers of the site count on this one no more";
    return [{ severity: "error", what: `this server has not entered itself in LiveDistServers ${silent}`, remedy }];
  }
  const remedy = "look whether it runs; it is forgotten by itself, and its clients have gone to the other servers";
  return [{ severity: "warning", what: `the server ${url} has not been heard of ${silent}`, remedy }];
}

function problemOfLink({ peer, role, state, failure }: LinkView): Problem[] {
  if (state === "live" || state === "loading") return [];
  const what = `the link to the ${role} ${peer} is ${state}${failure === undefined ? "" : ` (${failure})`}`;
  const remedy =
    failure !== undefined && isErrorCode(failure)
      ? errorCodes[failure].remedy
      : "it goes on by itself; look again soon";
  return [{ severity: state === "failed" || state === "stopped" ? "error" : "warning", what, remedy, clientId: peer }];
}

function problemOfClient(client: ClientView, nowMs: number): Problem[] {
  const { clientId, isDisabled, pendingMs = 0, pendingRows = 0, edges, seenMs } = client;
  const about = { severity: "warning" as const, clientId };
  if (isDisabled) {
    return [{ ...about, what: `the client ${clientId} is disabled`, remedy: "enable it when it may be served again" }];
  }
  if (pendingMs < BEHIND_MS) return [];
  const rows = `${pendingRows} transactions wait for the client ${clientId}, the first for ${seconds(pendingMs)}`;
  if (edges > 0) {
    return [{ ...about, what: rows, remedy: "it is connected and takes them slowly: look at its machine and network" }];
  }
  const away = seenMs === undefined ? "" : `, which was last heard ${seconds(nowMs - seenMs)} ago`;
  return [
    { ...about, what: `${rows}${away}`, remedy: "it is not connected: look whether it runs and reaches this server" },
  ];
}

function seconds(ms: number): string {
  const whole = Math.round(ms / 1_000);
  if (whole < 120) return `${whole} seconds`;
  return whole < 7_200 ? `${Math.round(whole / 60)} minutes` : `${Math.round(whole / 3_600)} hours`;
}
