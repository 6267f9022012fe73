import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { openStore } from "../../src/store/open-store.js";
import type { StoreOptions } from "../../src/store/store-options.js";
import type { Store } from "../../src/store/store.js";
import type { OpenedStore } from "./contract-setup.js";

/** A directory of one test, and what is opened in it. */
export class SqliteFiles {
  readonly #closing: { close(): unknown }[] = [];
  #directory: Promise<string> | undefined;

  async path(name = "site.db"): Promise<string> {
    this.#directory ??= mkdtemp(join(tmpdir(), "livedist-store-"));
    return join(await this.#directory, name);
  }

  async open(options: StoreOptions = {}, name?: string): Promise<Store> {
    return this.closeLater(await openStore(`sqlite:${await this.path(name)}`, options));
  }

  closeLater<T extends { close(): unknown }>(opened: T): T {
    this.#closing.push(opened);
    return opened;
  }

  async cleanup(): Promise<void> {
    for (const opened of this.#closing) await opened.close();
    if (this.#directory) await rm(await this.#directory, { recursive: true, force: true });
  }
}

/** Gives the files of the test that runs, and removes them after it. */
export function useSqliteFiles(): () => SqliteFiles {
  let files: SqliteFiles | undefined;
  afterEach(async () => {
    await files?.cleanup();
    files = undefined;
  });
  return () => (files ??= new SqliteFiles());
}

export async function openFile(options?: StoreOptions): Promise<OpenedStore> {
  const files = new SqliteFiles();
  const store = await files.open(options);
  return { store, reopen: () => files.open(options), cleanup: () => files.cleanup() };
}

export async function openMemory(): Promise<OpenedStore> {
  const store = await openStore("sqlite::memory:");
  return { store, cleanup: () => store.close() };
}
