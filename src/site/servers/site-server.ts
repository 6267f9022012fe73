import type { ServerKind, ServerDuty, ServersSeen } from "../../store/server-row.js";

/** One of the servers of a site, as one of them sees it. */
export interface SiteServer {
  readonly url: string;
  readonly duty: ServerDuty;
  /** Which of the two servers run there. */
  readonly kind: ServerKind;
  readonly isMaster: boolean;
  /** Whether it is the one that tells. */
  readonly isThis: boolean;
  readonly clients: number;
  /** Up to where it had read the log when it was last heard. */
  readonly sequence: number;
  /** How many sequence-numbers the one that had read furthest was ahead of it. */
  readonly behind: number;
  /** Milliseconds since it was last heard. */
  readonly silentMs: number;
}

/** Makes what is told of the servers of a site, by URL. `agoMs` is when they were looked at. */
export function siteServers({ rows, master }: ServersSeen, ownId: string, agoMs: number): readonly SiteServer[] {
  const furthest = rows.reduce((most, { sequence }) => Math.max(most, sequence), 0);
  return rows
    .map(({ serverId, url, duty, kind, clients, sequence, silentMs }) => ({
      ...{ url, duty, kind, isMaster: serverId === master?.serverId, isThis: serverId === ownId },
      ...{ clients, sequence, behind: furthest - sequence, silentMs: Math.round(silentMs + agoMs) },
    }))
    .sort((a, b) => (a.url < b.url ? -1 : 1));
}
