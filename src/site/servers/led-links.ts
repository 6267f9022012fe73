import { LiveDistError } from "../../base/errors.js";
import type { Logger } from "../../base/logger.js";
import type { Link } from "../links/link.js";
import type { SiteLinks } from "../links/site-links.js";
import type { SiteMember } from "./site-member.js";

export interface LedLinksParts {
  readonly member: SiteMember;
  readonly logger: Logger;
  /** Makes links that do not run yet. */
  readonly open: () => Promise<SiteLinks>;
  /** Lets the father reach this server, until it is closed. Absent where that is not for this server to do. */
  readonly reach?: () => { close(): void };
}

/** The links of a site to its neighbours, which run at the server that leads: they begin when it does, and end when it does no more. */
export class LedLinks {
  readonly #parts: LedLinksParts;
  #reached: { close(): void } | undefined;
  #links: SiteLinks | undefined;
  #isStopped = false;
  /** One change at a time. Never rejects. */
  #changing: Promise<unknown> = Promise.resolve();

  constructor(parts: LedLinksParts) {
    this.#parts = parts;
    parts.member.onBeat(
      () => void this.#change(new AbortController().signal).catch((error: unknown) => this.#report(error)),
    );
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
    this.#reached?.close();
    await this.#links?.stop();
    await this.#changing;
  }

  #change(signal: AbortSignal): Promise<void> {
    const change = this.#changing.then(() => this.#followLease(signal));
    this.#changing = change.catch(() => undefined);
    return change;
  }

  async #followLease(signal: AbortSignal): Promise<void> {
    const leads = this.#parts.member.lease !== undefined && !this.#isStopped;
    if (leads === (this.#links !== undefined)) return;
    if (!leads) {
      const links = this.#links;
      this.#links = undefined;
      this.#reached?.close();
      await links?.stop();
      return;
    }
    this.#links = await this.#parts.open();
    this.#reached = this.#parts.reach?.();
    await this.#links.start(signal);
  }

  #report(error: unknown): void {
    if (!this.#isStopped)
      this.#parts.logger.error({ err: error }, "the links of the site could not be begun; it will be tried again");
  }
}
