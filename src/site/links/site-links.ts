import { LiveDistError } from "../../base/errors.js";
import type { Schema } from "../../delta/schema.js";
import { Edge } from "../../edge/edge.js";
import type { IHttpClient } from "../../plugs/http-client.js";
import type { Tracking } from "../../wire/requests.js";
import type { Son } from "../config/key-type.js";
import type { SiteServers } from "../site-servers.js";
import { Drops } from "./drops.js";
import { FATHER_CLIENT_ID } from "./father-client-id.js";
import { FatherLink } from "./father-link.js";
import type { Link } from "./link.js";
import type { LinkParts } from "./link-parts.js";
import type { SitePeers } from "./site-peers.js";
import { SonLink } from "./son-link.js";

/** How often a restored site says that it waits for its neighbours. */
const TELL_WAITING_MS = 10_000;

export interface SiteLinksParts extends Omit<LinkParts, "edge" | "siteEpoch"> {
  readonly schema: Schema;
  readonly siteId: string;
  readonly servers: SiteServers;
  readonly peers: SitePeers;
  readonly fatherServers: readonly string[];
  readonly fatherTopicsSlice: string | undefined;
  readonly sons: readonly Son[];
  /** Makes the client of a neighbour's servers. */
  readonly clientOf: (neighbour: Neighbour) => IHttpClient;
}

/** A site at the other end of a link, as this one reaches it. */
export interface Neighbour {
  /** This site's ClientId there. */
  readonly clientId: string;
  /** URLs of its servers; none where its own connection carries both directions. */
  readonly servers: readonly string[];
  /** Its ClientId here. */
  readonly peer: string;
}

/** The links of a site to its father and its sons (guide §2.6). */
export class SiteLinks {
  readonly #father: FatherLink | undefined;
  readonly #sons: readonly SonLink[];
  readonly #drops: Drops;
  readonly #parts: SiteLinksParts;

  /** Makes the links, which do not run yet. Rejects with Config where something is missing, and where the database refuses. */
  static async open(parts: SiteLinksParts): Promise<SiteLinks> {
    const drops = dropsOf(parts);
    const father = parts.fatherServers.length > 0 ? await openFather(parts, drops) : undefined;
    const sons: SonLink[] = [];
    for (const { id, servers } of parts.sons) {
      const clientOfSon = { clientId: FATHER_CLIENT_ID, servers, peer: id };
      const link = await SonLink.open(linkParts(parts, clientOfSon, "none"), id);
      parts.peers.add(id, link);
      sons.push(link);
    }
    return new SiteLinks(parts, father, sons, drops);
  }

  private constructor(parts: SiteLinksParts, father: FatherLink | undefined, sons: readonly SonLink[], drops: Drops) {
    this.#parts = parts;
    this.#father = father;
    this.#sons = sons;
    this.#drops = drops;
  }

  get all(): readonly Link[] {
    return this.#links;
  }

  /**
   * Lets the links run. Where the database was restored, resolves when each has loaded what this site lost; rejects with
   * Closed where the signal aborts before.
   */
  async start(signal: AbortSignal): Promise<void> {
    const restored = this.#links.filter(({ isRestored }) => isRestored);
    for (const link of this.#links) link.start();
    if (restored.length > 0) await this.#waitFor(restored, signal);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#links.map((link) => link.stop()));
  }

  async changeSlice(topicsSlice: string): Promise<void> {
    if (this.#father === undefined)
      throw new LiveDistError("Request", "a site without a father has no slice to change");
    await this.#father.changeSlice(topicsSlice);
  }

  async purge(): Promise<number> {
    if (this.#father !== undefined) return this.#father.purge();
    const { store } = this.#parts;
    const { count } = await this.#drops.drop(
      (topics) => topics.length === 0,
      Infinity,
      async (drop) => {
        await store.transaction(drop);
      },
    );
    return count;
  }

  get #links(): readonly (FatherLink | SonLink)[] {
    return this.#father === undefined ? this.#sons : [this.#father, ...this.#sons];
  }

  async #waitFor(restored: readonly (FatherLink | SonLink)[], signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#parts;
    const waiting = new Set(restored);
    let cancel: () => void = () => undefined;
    const tell = (): void => {
      const peers = [...waiting].map(({ peer, state }) => ({ peer, state }));
      logger.warn({ peers }, "the database was restored: the site waits until it has loaded from its neighbours");
      cancel = clock.after(TELL_WAITING_MS, tell);
    };
    tell();
    const abort = (): void => void this.stop();
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    try {
      await Promise.all([...waiting].map((link) => link.synced.then(() => waiting.delete(link))));
    } finally {
      cancel();
      signal.removeEventListener("abort", abort);
    }
  }
}

async function openFather(parts: SiteLinksParts, drops: Drops): Promise<FatherLink> {
  const { siteId, fatherServers: servers, fatherTopicsSlice } = parts;
  if (fatherTopicsSlice === undefined) {
    throw new LiveDistError("Config", "LiveDistFatherTopicsSlice is missing: name the slice that this site takes");
  }
  const neighbour = { clientId: siteId, servers, peer: FATHER_CLIENT_ID };
  const link = await FatherLink.open(
    { ...linkParts(parts, neighbour, "registration"), siteId, drops },
    fatherTopicsSlice,
  );
  parts.peers.add(FATHER_CLIENT_ID, link);
  return link;
}

function linkParts(parts: SiteLinksParts, neighbour: Neighbour, tracking: Tracking): LinkParts {
  const { store, entities, clock, random, logger, schema, servers } = parts;
  const siteEpoch = (): string => servers.delta.epoch;
  const edge = new Edge(parts.clientOf(neighbour), { schema, tracking, siteEpoch, clock, random });
  return { edge, store, entities, clock, random, logger, siteEpoch };
}

function dropsOf({ store, entities, servers, sons, peers, fatherServers }: SiteLinksParts): Drops {
  const { delta, clients } = servers;
  const acknowledged = (): number => peers.acknowledgedByFather(delta.epoch);
  return new Drops({
    store,
    entities,
    delta,
    clients,
    sons: sons.map(({ id }) => id),
    ...(fatherServers.length > 0 && { acknowledged }),
  });
}
