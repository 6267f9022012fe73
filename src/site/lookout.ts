import { LiveDistError } from "../base/errors.js";
import type { LookRequest } from "../wire/requests.js";

/** Gives what a site knows of the tree, or of an entity that `within`, a topics-slice, selects. */
export type Look = (request: LookRequest, within: string | undefined) => Promise<object>;

/**
 * Tells the sites and proxies next to this one what its console knows of the tree (docs/console.md). The service is there before the
 * console, which looks at it.
 */
export class Lookout {
  #look: Look | undefined;

  /** Lets neighbours look from now on. */
  open(look: Look): void {
    this.#look = look;
  }

  /** Rejects with Request where the site has no console. */
  async look(request: LookRequest, within: string | undefined): Promise<object> {
    if (this.#look) return this.#look(request, within);
    throw new LiveDistError("Request", "this site tells nothing of the tree: its console is off (LiveDistConsole)");
  }
}
