import { codeOf, LiveDistError, RedirectError } from "../base/errors.js";
import { PEERS_MAX, REDIRECTS_MAX } from "../base/limits.js";
import { type Random, systemRandom } from "../base/random.js";
import type { ServerRole } from "../wire/requests.js";
import { passes } from "./passes.js";

/** The port of a server that is given without scheme and port (guide §7.3). */
const DEFAULT_PORT = 8080;

const roles: readonly ServerRole[] = ["delta", "cache"];

/**
 * The servers that a client may ask, for either role: the one that served last is asked first, and where it fails any other one, so that the clients
 * of a server that ends spread over those that are left.
 */
export class ServerList {
  readonly #urls: readonly string[];
  readonly #random: Random;
  /** The delta server and the cache server that are asked first: one, as long as no server says that it is the one alone. */
  readonly #current: Record<ServerRole, string>;

  /** Throws Config where an address is malformed or there are none, Limit above PEERS_MAX. */
  constructor(servers: readonly string[], random: Random = systemRandom) {
    if (servers.length === 0) throw new LiveDistError("Config", "servers must name at least one server");
    if (servers.length > PEERS_MAX) throw new LiveDistError("Limit", `${servers.length} servers are above PEERS_MAX`);
    this.#urls = servers.map(serverUrl);
    this.#random = random;
    this.#current = { delta: this.#urls[0]!, cache: this.#urls[0]! };
  }

  /**
   * Asks one server after the other until one answers, be it with an error; goes where it is sent, REDIRECTS_MAX times at most.
   * Rejects with the last failure where none did. A command that one server executed, and whose answer was lost, is stale at the
   * next: the call was not answered then, and rejects with the failure of the first.
   */
  async ask<T>(role: ServerRole, attempt: (url: string) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const tried = new Set<string>();
    let unanswered: LiveDistError | undefined;
    for (let redirects = 0; ;) {
      const url = this.#current[role];
      tried.add(url);
      try {
        return await attempt(url);
      } catch (error) {
        // Who takes this for a newer session, which fences it, would give up.
        if (unanswered !== undefined && codeOf(error) === "StaleCommand") throw unanswered;
        if (signal?.aborted || !passes(error)) throw error;
        const isSent = error instanceof RedirectError && redirects++ < REDIRECTS_MAX && this.goTo(url, error);
        if (isSent) continue;
        unanswered = error as LiveDistError;
        this.#leave(url, tried);
        if (tried.has(this.#current[role])) throw error;
      }
    }
  }

  /** Asks another server first from now on: this one failed. */
  leave(url: string): void {
    this.#leave(url, new Set());
  }

  /** Asks first from now on where a server has sent to, be it one that was not known before. Gives whether its address is one. */
  goTo(url: string, { server, only }: RedirectError): boolean {
    try {
      this.#move(url, serverUrl(server), only);
      return true;
    } catch {
      return false;
    }
  }

  #move(from: string, to: string, only?: ServerRole): void {
    // Of several requests that failed at one server, only the first leaves it.
    for (const role of only ? [only] : roles) if (this.#current[role] === from) this.#current[role] = to;
  }

  #leave(url: string, tried: ReadonlySet<string>): void {
    const at = this.#urls.indexOf(url) + 1;
    const others = [...this.#urls.slice(at), ...this.#urls.slice(0, at)].filter((one) => one !== url);
    const untried = others.filter((one) => !tried.has(one));
    const from = untried.length > 0 ? untried : others;
    this.#move(url, from[Math.floor(this.#random() * from.length)] ?? this.#urls[0]!);
  }
}

/** Gives the URL in front of the servers' paths, without a slash at its end. */
function serverUrl(server: string): string {
  const text = server.includes("://") ? server : withDefaultPort(server);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    url !== undefined && /^https?:$/.test(url.protocol) && url.search + url.hash + url.username + url.password === "";
  if (!isPlain) {
    throw new LiveDistError(
      "Config",
      `servers must hold URLs such as "http://localhost:8080": ${JSON.stringify(server)}`,
    );
  }
  return url.href.replace(/\/+$/, "");
}

function withDefaultPort(node: string): string {
  return /:\d+$/.test(node) ? `http://${node}` : `http://${node}:${DEFAULT_PORT}`;
}
