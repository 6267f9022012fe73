import type { CarrierReadings } from "../../plugs/carrier-readings.js";
import type { Reporter } from "../../plugs/reporter.js";
import type { LogBounds } from "../../store/store.js";
import type { CountingLogger } from "./counting-logger.js";

/** What GET on a server tells of a link (guide §2.6). */
export interface LinkReading {
  readonly peer: string;
  readonly role: string;
  readonly state: string;
  readonly sequence: number;
  /** The code of what it waits after, or failed of. */
  readonly failure?: string;
}

/** What the servers say of themselves by GET (`LiveDistService.status`), as far as it is measured. */
export interface StatusReading {
  readonly schemaName?: string;
  readonly siteId?: string;
  readonly siteName?: string;
  readonly sequence?: number;
  readonly entities?: number;
  readonly headerOnlyEntities?: number;
  readonly entityBytes?: number;
  readonly heldBytes?: number;
  readonly runningRequests?: number;
  readonly subscriptionGroups?: number;
  readonly registeredClients?: number;
  readonly registeredEntities?: number;
  readonly registrationBytes?: number;
  readonly windowFrom?: number;
  readonly windowBytes?: number;
  readonly connectedToCenter?: boolean;
  readonly topics?: number;
  readonly links?: readonly LinkReading[];
}

/** All that metrics are made of, at one moment. */
export interface Readings {
  readonly version: string;
  readonly isReady: boolean;
  readonly status: StatusReading;
  readonly reporter: Reporter;
  readonly logCounts: CountingLogger["counts"];
  readonly carrier: CarrierReadings | undefined;
  /** The log as it stands in the database; "none" of a proxy, "unreadable" where the database did not answer. */
  readonly log: LogBounds | "none" | "unreadable";
}
