import { codeOf, LiveDistError } from "../base/errors.js";
import { CONSOLE_DEPTH_MAX, CONSOLE_NEIGHBOUR_BYTES_MAX, CONSOLE_NEIGHBOUR_MS_MAX } from "../base/limits.js";
import type { ServedSite } from "../site/served-site.js";
import { serversFolder } from "../wire/requests.js";

/** Another site whose console can be asked, because the configuration says where its servers are. */
export interface Neighbour {
  /** A son's LiveDistSiteId; the father's, and a mother's, is not known here. */
  readonly id?: string;
  readonly servers: readonly string[];
}

/** Asks the consoles of the sites next to this one. */
export class Neighbours {
  readonly #site: ServedSite;
  readonly #fetch: typeof fetch;

  constructor(site: ServedSite, fetching: typeof fetch = fetch) {
    this.#site = site;
    this.#fetch = fetching;
  }

  /** The father-site, or a proxy's mother. */
  get above(): Neighbour | undefined {
    const { fatherServers, motherServers } = this.#site.config;
    const servers = fatherServers.length > 0 ? fatherServers : motherServers;
    return servers.length > 0 ? { servers } : undefined;
  }

  /** The sons whose URL is known: others keep the only connections themselves. */
  get below(): readonly Neighbour[] {
    return this.#site.config.sons.filter(({ servers }) => servers.length > 0);
  }

  /**
   * Asks the console of a neighbour, which may ask on over at most `depth` links; rejects with Network where none of its servers
   * answers in time.
   */
  async ask(
    { servers }: Neighbour,
    path: string,
    query: Readonly<Record<string, string>>,
    depth = CONSOLE_DEPTH_MAX,
  ): Promise<Readonly<Record<string, unknown>>> {
    const folder = serversFolder(this.#site.config.applicationSuffix);
    const asked = new URLSearchParams({ ...query, depth: String(depth) });
    const signal = AbortSignal.timeout(CONSOLE_NEIGHBOUR_MS_MAX * (depth + 1));
    let failure: unknown;
    for (const server of servers) {
      try {
        const response = await this.#fetch(`${server.replace(/\/+$/, "")}${folder}console/v1/${path}?${asked}`, {
          signal,
        });
        return await readObject(response);
      } catch (error) {
        failure = error;
      }
    }
    if (codeOf(failure) !== undefined) throw failure;
    throw new LiveDistError("Network", "the console of the other site does not answer", { cause: failure });
  }
}

async function readObject(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.length;
    if (bytes > CONSOLE_NEIGHBOUR_BYTES_MAX) throw unusable("is above CONSOLE_NEIGHBOUR_BYTES_MAX");
    pieces.push(piece);
  }
  if (!response.ok) throw unusable(`has the HTTP status ${response.status}`);
  const value: unknown = JSON.parse(Buffer.concat(pieces).toString());
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  throw unusable("is no JSON object");
}

function unusable(what: string): LiveDistError {
  return new LiveDistError("Network", `the answer of the other site's console ${what}`);
}
