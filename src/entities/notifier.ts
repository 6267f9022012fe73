import { LiveDistError } from "../base/errors.js";
import { NOTIFY_MS_MAX } from "../base/limits.js";
import { silentLogger, type Logger } from "../base/logger.js";
import { serverPath, type NotifyRequest } from "../wire/requests.js";

/**
 * Tells a delta server in another process that rows were committed (guide §4.1, NotifyDeltaServer). An application may bring
 * one of its own, over whatever its processes talk.
 */
export interface Notifier {
  /** Tells the server. Never rejects: a server that does not hear of it finds the rows by itself a little later. */
  notify(): Promise<void>;
}

/** What `httpNotifier` takes beside the URL; every part has a default. */
export interface HttpNotifierOptions {
  /** LiveDistApplicationSuffix of the server (guide §7.3). Default: "1". */
  readonly applicationSuffix?: string;
  /** Proves to the server's permit who notifies, where it is on another machine (guide §5.6). */
  readonly token?: string;
  /** Hears of servers that did not answer. Default: nobody does. */
  readonly logger?: Logger;
  /** Default: the `fetch` of the platform. */
  readonly fetch?: typeof fetch;
}

/**
 * Makes a notifier that POSTs to a LiveDist server, for instance `http://localhost:8080` or `server.url`. A URL with a path is
 * taken as it is. Throws Config where the URL is none of http or https.
 */
export function httpNotifier(url: string, options: HttpNotifierOptions = {}): Notifier {
  const { applicationSuffix = "1", logger = silentLogger, token } = options;
  const address = addressOf(url, applicationSuffix);
  const send = options.fetch ?? fetch;
  const body = JSON.stringify({ service: "Notify", ...(token !== undefined && { token }) } satisfies NotifyRequest);
  return {
    async notify() {
      try {
        const signal = AbortSignal.timeout(NOTIFY_MS_MAX);
        const answer = await send(address, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body,
          signal,
        });
        await answer.body?.cancel();
        if (!answer.ok) logger.warn({ url: address, status: answer.status }, "a delta server refused to be notified");
      } catch (error) {
        logger.warn({ url: address, error }, "a delta server could not be notified");
      }
    },
  };
}

function addressOf(url: string, applicationSuffix: string): string {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (address?.protocol !== "http:" && address?.protocol !== "https:") {
    throw new LiveDistError(
      "Config",
      `the URL of a delta server begins with http:// or https://: ${JSON.stringify(url)}`,
    );
  }
  return address.pathname === "/" ? new URL(serverPath(applicationSuffix, "delta"), address).href : address.href;
}
