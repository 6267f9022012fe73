import type { Clock } from "../../base/clock.js";
import type { Logger } from "../../base/logger.js";
import type { Random } from "../../base/random.js";
import type { Edge } from "../../edge/edge.js";
import type { Entities } from "../../entities/entities.js";
import type { Store } from "../../store/store.js";

/** What a link works with. */
export interface LinkParts {
  /** The link's own: a client of the servers of the neighbour. */
  readonly edge: Edge;
  readonly store: Store;
  readonly entities: Entities;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Gives the epoch of the site's own log. */
  readonly siteEpoch: () => string;
}
