import { VERSION_COUNTER_MAX } from "../base/limits.js";
import { compareVersions, type Version } from "../delta/version.js";

/**
 * The hybrid logical clock of one site: follows the time as long as it goes forward, and counts where it does not. Every
 * version that it gives is newer than those it gave or saw before (protocol: merge per field).
 */
export class HybridClock {
  readonly #siteId: string;
  #site: string;
  #incarnation = "";
  #last: Version;

  /** `site` stands in every version; it breaks ties between sites. */
  constructor(site: string) {
    this.#siteId = site;
    this.#site = site;
    this.#last = { timeMs: 0, counter: 0, site };
  }

  /** What stands behind the site's name in the versions that are given: other than "" where its database was restored. */
  get incarnation(): string {
    return this.#incarnation;
  }

  set incarnation(incarnation: string) {
    this.#incarnation = incarnation;
    this.#site = incarnation === "" ? this.#siteId : `${this.#siteId}.${incarnation}`;
  }

  /** The newest version given or seen. */
  get last(): Version {
    return this.#last;
  }

  /** Takes note of a version, so that those given from now on are newer. */
  see(version: Version): void {
    if (compareVersions(version, this.#last) > 0) this.#last = version;
  }

  /** Gives a version for a write at `nowMs` (ms since 1970) to something whose version is `seen`. */
  tick(nowMs: number, seen?: Version): Version {
    if (seen !== undefined) this.see(seen);
    const { timeMs, counter } = this.#last;
    // Behind a full counter another site's version would be the last that can be written.
    const isFull = counter >= VERSION_COUNTER_MAX;
    const time = Math.max(Math.floor(nowMs), isFull ? timeMs + 1 : timeMs);
    this.#last = { timeMs: time, counter: time > timeMs ? 0 : counter + 1, site: this.#site };
    return this.#last;
  }
}
