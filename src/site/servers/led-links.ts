import { codeOf, LiveDistError } from "../../base/errors.js";
import { LINK_RETAKES_MAX } from "../../base/limits.js";
import type { Logger } from "../../base/logger.js";
import type { Master } from "../../store/server-row.js";
import type { Link } from "../links/link.js";
import type { SiteLinks } from "../links/site-links.js";
import type { SiteMember } from "./site-member.js";

export interface LedLinksParts {
  readonly member: SiteMember;
  readonly logger: Logger;
  /** Makes links that do not run yet, and that write nothing once the lease has gone to another server. */
  readonly open: (lease: Master) => Promise<SiteLinks>;
  /** Lets the father reach this server, until it is closed. Absent where that is not for this server to do. */
  readonly reach?: () => { close(): void };
}

/** The links of a site to its neighbours, which run at the server that leads: they begin when it does, and end when it does no more. */
export class LedLinks {
  readonly #parts: LedLinksParts;
  #reached: { close(): void } | undefined;
  #links: SiteLinks | undefined;
  #lease: Master | undefined;
  /** Aborts when another server leads, while the links of a restored site still load what it lost. */
  #leading = new AbortController();
  /** How often links were begun again since this server leads. */
  #retakes = 0;
  #isStopped = false;
  /** One change at a time. Never rejects. */
  #changing: Promise<unknown> = Promise.resolve();

  constructor(parts: LedLinksParts) {
    this.#parts = parts;
    parts.member.onBeat(() => {
      if (!this.#isLed) this.#leading.abort(new LiveDistError("Closed", "another server leads this site"));
      this.#change(new AbortController().signal).catch((error: unknown) => this.#report(error));
    });
  }

  /** The links that run here; none where another server leads. */
  get all(): readonly Link[] {
    return this.#links?.all ?? [];
  }

  /** The links, where this server leads. Throws Closed elsewhere. */
  get here(): SiteLinks {
    if (this.#links) return this.#links;
    throw new LiveDistError(
      "Closed",
      "another server leads the links of this site: ask there (livedist status shows it)",
    );
  }

  /** Begins, where this server leads. Rejects as `SiteLinks.open` and `start` do. */
  start(signal: AbortSignal): Promise<void> {
    return this.#change(signal);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#leading.abort(new LiveDistError("Closed", "the site was closed"));
    // Also those that are just being made.
    await this.#changing;
    await this.#end();
  }

  #change(signal: AbortSignal): Promise<void> {
    const change = this.#changing.then(() => this.#followLease(signal));
    this.#changing = change.catch(() => undefined);
    return change;
  }

  /** Whether the links that run are those of the lease in force: between two looks another server may have led, and noted more. */
  get #isLed(): boolean {
    const { lease } = this.#parts.member;
    return lease !== undefined && lease.token === this.#lease?.token;
  }

  async #followLease(signal: AbortSignal): Promise<void> {
    if (!this.#isLed) {
      this.#retakes = 0;
      await this.#end();
    } else if (this.#mayRetake) {
      this.#retakes++;
      await this.#end();
    }
    const { lease } = this.#parts.member;
    if (lease !== undefined && this.#links === undefined && !this.#isStopped) await this.#begin(lease, signal);
  }

  async #begin(lease: Master, signal: AbortSignal): Promise<void> {
    this.#leading = new AbortController();
    const lost = this.#leading.signal;
    this.#lease = lease;
    this.#links = await this.#parts.open(lease);
    this.#reached = this.#parts.reach?.();
    try {
      await this.#links.start(AbortSignal.any([signal, lost]));
    } catch (error) {
      if (!lost.aborted) throw error;
      await this.#end();
    }
  }

  async #end(): Promise<void> {
    const links = this.#links;
    this.#links = undefined;
    this.#reached?.close();
    this.#reached = undefined;
    await links?.stop();
  }

  /**
   * Whether a link was pushed out that is to run here: by a server that led before and did not know yet that it does no more. Not
   * for ever, since it may be another site of the same name; where there is no other server, it is.
   */
  get #mayRetake(): boolean {
    if (!this.#parts.member.hasPeers || this.#retakes >= LINK_RETAKES_MAX) return false;
    return this.all.some(({ failure }) => codeOf(failure) === "StaleCommand");
  }

  #report(error: unknown): void {
    if (!this.#isStopped)
      this.#parts.logger.error({ err: error }, "the links of the site could not be begun; it will be tried again");
  }
}
