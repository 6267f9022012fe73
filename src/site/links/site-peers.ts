import type { Position } from "../../wire/requests.js";
import type { PeerListener } from "../peer-listener.js";
import { FATHER_CLIENT_ID } from "./father-client-id.js";

interface Hearer {
  heard(siteEpoch: string): Promise<void> | undefined;
}

/** Passes what the servers of a site hear of its neighbours on to its links. */
export class SitePeers implements PeerListener {
  readonly #hearers = new Map<string, Hearer>();
  #acknowledged: Position = { epoch: "", sequence: 0 };

  /** Adds the link to the neighbour that is this client of the servers. */
  add(clientId: string, link: Hearer): void {
    this.#hearers.set(clientId, link);
  }

  heard(clientId: string, siteEpoch: string): Promise<void> | undefined {
    return this.#hearers.get(clientId)?.heard(siteEpoch);
  }

  acknowledged(clientId: string, position: Position): void {
    if (clientId !== FATHER_CLIENT_ID) return;
    const { epoch, sequence } = this.#acknowledged;
    // A request may be overtaken by a later one; in another epoch of the own log the numbers begin anew.
    if (position.epoch !== epoch || position.sequence > sequence) this.#acknowledged = position;
  }

  /** Gives the sequence-number of the own log, in an epoch, up to which the father has everything. */
  acknowledgedByFather(epoch: string): number {
    return this.#acknowledged.epoch === epoch ? this.#acknowledged.sequence : 0;
  }
}
