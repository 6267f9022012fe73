import { compareVersions, type Version } from "../delta/version.js";
import { isSame, laterOf, unknownVersion } from "../delta/version-tree.js";

/** What one merge finds out, whatever the depth it finds it in. */
export class MergeRun {
  #newest: Version | undefined;
  #isOlder = false;
  #isLacking = false;

  /** The newest version accepted; undefined where all is rejected. */
  get newest(): Version | undefined {
    return this.#newest;
  }

  /** Whether anything that arrived is older than what is held. */
  get isOlder(): boolean {
    return this.#isOlder;
  }

  /** Whether something arrived that builds on what is not here. */
  get isLacking(): boolean {
    return this.#isLacking;
  }

  /** Tells whether an arriving version is newer than the one held (undefined: none), and then counts it as accepted. */
  accepts(arriving: Version, held: Version | undefined): boolean {
    const order = held === undefined ? 1 : compareVersions(arriving, held);
    if (order > 0) this.accept(arriving);
    // What the writer did not know says nothing about what he has seen.
    else if (order < 0 && !isSame(arriving, unknownVersion)) this.meetsOlder();
    return order > 0;
  }

  accept(version: Version): void {
    this.#newest = this.#newest === undefined ? version : laterOf(this.#newest, version);
  }

  meetsOlder(): void {
    this.#isOlder = true;
  }

  lacks(): void {
    this.#isLacking = true;
  }
}
