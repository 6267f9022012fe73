import Database from "better-sqlite3";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../../../src/store/open-store.js";
import type { Store } from "../../../src/store/store.js";
import type { ManualClock } from "../../support/manual-clock.js";
import { afterThis } from "../../support/one-site.js";

/** The databases of a test's sites, as files, which can be backed up and restored. */
export class StoreFiles {
  readonly #folder = mkdtempSync(join(tmpdir(), "livedist-sites-"));
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
    afterThis(() => rmSync(this.#folder, { recursive: true, force: true }));
  }

  async open(name: string, kind: "own" | "backup" = "own"): Promise<Store> {
    const store = await openStore(`sqlite:${this.#path(name, kind)}`, { clock: this.#clock, synchronous: "normal" });
    afterThis(() => store.close());
    return store;
  }

  /** Copies what is committed. */
  backUp(name: string): void {
    const database = new Database(this.#path(name, "own"), { readonly: true });
    database.prepare("VACUUM INTO ?").run(this.#path(name, "backup"));
    database.close();
  }

  /** Opens the copy, with the new epoch that a restored database is given. */
  async restore(name: string): Promise<Store> {
    const store = await this.open(name, "backup");
    await store.log.newEpoch();
    return store;
  }

  #path(name: string, kind: string): string {
    return join(this.#folder, `${name}-${kind}.db`);
  }
}
