import { LiveDistError } from "../base/errors.js";
import { PEERS_MAX } from "../base/limits.js";
import { passes } from "./passes.js";

/** The port of a server that is given without scheme and port (guide §7.3). */
const DEFAULT_PORT = 8080;

/** The servers that a client may ask, in turn: the one that served last is asked first. */
export class ServerList {
  readonly #urls: readonly string[];
  #first = 0;

  /** Throws Config where an address is malformed or there are none, Limit above PEERS_MAX. */
  constructor(servers: readonly string[]) {
    if (servers.length === 0) throw new LiveDistError("Config", "servers must name at least one server");
    if (servers.length > PEERS_MAX) throw new LiveDistError("Limit", `${servers.length} servers are above PEERS_MAX`);
    this.#urls = servers.map(serverUrl);
  }

  /** Asks one server after the other until one answers, be it with an error. Rejects with the last failure where none did. */
  async ask<T>(attempt: (url: string) => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (let left = this.#urls.length - 1; ; left--) {
      const url = this.#urls[this.#first]!;
      try {
        return await attempt(url);
      } catch (error) {
        if (signal?.aborted || !passes(error)) throw error;
        this.leave(url);
        if (left === 0) throw error;
      }
    }
  }

  /** Asks another server first from now on: this one failed. */
  leave(url: string): void {
    // Of several requests that failed at one server, only the first leaves it.
    if (this.#urls[this.#first] === url) this.#first = (this.#first + 1) % this.#urls.length;
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
