import type { ClientsSource } from "../../delta-server/client-watch.js";
import { passes } from "../../edge/passes.js";
import type { ClientRow } from "../../store/store.js";

/**
 * The mother's LiveDistClients as a proxy last read it: an administrator has one table for all (guide §2.7). While she is not
 * reached the rows last read stay in force.
 */
export class MirroredClients implements ClientsSource {
  readonly #read: () => Promise<ClientRow[]>;
  #rows: ClientRow[] | undefined;

  constructor(read: () => Promise<ClientRow[]>) {
    this.#read = read;
  }

  async list(): Promise<ClientRow[]> {
    try {
      return (this.#rows = await this.#read());
    } catch (error) {
      if (this.#rows === undefined || !passes(error)) throw error;
      return this.#rows;
    }
  }

  /** A mother does not tell of changes: they are seen when the rows are read again. */
  onChange(): () => void {
    return () => undefined;
  }
}
