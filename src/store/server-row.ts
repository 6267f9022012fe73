/** What a server may do: serve everything, serve what only reads, or serve nobody. */
export const serverDuties = ["live", "standby", "backup"] as const;

export type ServerDuty = (typeof serverDuties)[number];

/** Which of the two servers run there: both, or one alone (guide §7.1). */
export const serverKinds = ["both", "delta", "cache"] as const;

export type ServerKind = (typeof serverKinds)[number];

/** What a server says of itself to the other servers of its site. */
export interface ServerEntry {
  /** Names one run of one server; no other has it. */
  readonly serverId: string;
  /** How others reach it. */
  readonly url: string;
  readonly duty: ServerDuty;
  readonly kind: ServerKind;
  /** How many clients it serves at the moment. */
  readonly clients: number;
  /** Up to where it has read the log. */
  readonly sequence: number;
  /** What all servers of the site have to agree about, as text. */
  readonly agreed: string;
}

/** A row of LiveDistServers. */
export interface ServerRow extends ServerEntry {
  /** Milliseconds since it was last heard of, by the clock of the database. */
  readonly silentMs: number;
}

/** Who leads the site's servers. */
export interface Master {
  readonly serverId: string;
  /** Goes up with every change of hands: whoever has an older one leads no longer. */
  readonly token: number;
}

/** How a server shows itself to the others. */
export interface BeatOptions {
  /** Whether it may become the master where nobody is. */
  readonly mayLead: boolean;
  /** Milliseconds for which a master stays one that is not heard of. */
  readonly leaseMs: number;
  /** Milliseconds without a sign of life after which the row of a server goes. */
  readonly forgetMs: number;
}

/** The servers of a site, as one of them finds them. */
export interface ServersSeen {
  readonly rows: readonly ServerRow[];
  /** Undefined where nobody leads. */
  readonly master: Master | undefined;
  /** Whether who shows itself had no row: it is new, it was forgotten, or another one at its address took its place. */
  readonly wasMissing?: boolean;
}
