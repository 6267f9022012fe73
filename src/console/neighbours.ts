import { codeOf, LiveDistError } from "../base/errors.js";
import { CONSOLE_DEPTH_MAX, CONSOLE_NEIGHBOUR_MS_MAX } from "../base/limits.js";
import type { SiteNeighbour } from "../site/served-site.js";

/** Asks the sites next to this one what they know of the tree (protocol: a look at the tree). */
export class Neighbours {
  readonly all: readonly SiteNeighbour[];

  constructor(all: readonly SiteNeighbour[]) {
    this.all = all;
  }

  /**
   * Asks a neighbour for the tree, or for an entity along the links; it may ask on over at most `depth` links. Rejects with what it
   * answered instead, and with Network where it does not answer in time.
   */
  async ask(
    { client }: SiteNeighbour,
    techId: string | undefined,
    depth = CONSOLE_DEPTH_MAX,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { clientId } = client;
    const signal = AbortSignal.timeout(CONSOLE_NEIGHBOUR_MS_MAX * (depth + 1));
    try {
      return await client.json({ service: "Look", clientId, depth, ...(techId !== undefined && { techId }) }, signal);
    } catch (error) {
      if (codeOf(error) !== undefined) throw error;
      throw new LiveDistError("Network", "the other site does not answer", { cause: error });
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map(async ({ client }) => client.close?.()));
  }
}
