import type { ClientsSource } from "../../delta-server/client-watch.js";
import type { ClientRow } from "../../store/store.js";

/** The mother's LiveDistClients as a proxy last read it: an administrator has one table for all (guide §2.7). */
export class MirroredClients implements ClientsSource {
  readonly #read: () => Promise<ClientRow[]>;

  constructor(read: () => Promise<ClientRow[]>) {
    this.#read = read;
  }

  list(): Promise<ClientRow[]> {
    return this.#read();
  }

  /** A mother does not tell of changes: they are seen when the rows are read again. */
  onChange(): () => void {
    return () => undefined;
  }
}
