import { codeOf, LiveDistError } from "../base/errors.js";
import type { IHttpClient } from "../plugs/http-client.js";
import type { Tracking } from "../wire/requests.js";
import { abortable } from "./abortable.js";

/** What every request about a subscription says of who asks. */
export interface Caller {
  readonly clientId: string;
  readonly tracking: Tracking;
  readonly topicsSlice: string;
  readonly siteEpoch?: string;
  readonly session?: number;
  readonly sessionEpoch?: string;
}

/** What a request that changes a registration says of who asks. */
export interface CommandCaller extends Caller {
  readonly command?: number;
}

/**
 * Says who asks. A registered client has a session, which is begun before its first request, and numbers its commands in it,
 * so that the server can tell late duplicates and an older process from what counts (protocol: sessions).
 */
export class Session {
  readonly tracking: Tracking;
  readonly #client: IHttpClient;
  readonly #siteEpoch: (() => string) | undefined;
  #begun: Pick<Caller, "session" | "sessionEpoch"> | undefined;
  #commands = 0;

  /** `siteEpoch` gives the epoch of a site's own log. */
  constructor(client: IHttpClient, tracking: Tracking, siteEpoch?: () => string) {
    this.#client = client;
    this.tracking = tracking;
    this.#siteEpoch = siteEpoch;
  }

  get clientId(): string {
    return this.#client.clientId;
  }

  /** Gives the members of a request that changes nothing. Rejects as BeginSession does. */
  async caller(topicsSlice: string, signal: AbortSignal): Promise<Caller> {
    const { clientId, tracking } = this;
    if (tracking !== "registration") return { clientId, tracking, topicsSlice, ...this.#site() };
    this.#begun ??= await this.#begin(signal);
    return { clientId, tracking, topicsSlice, ...this.#site(), ...this.#begun };
  }

  /**
   * Sends a command, with a number that no command had before. Where it is refused as stale it is sent once more, as a new one:
   * something on the way may have sent it twice, and the answer is the other one's. Who was fenced is refused again.
   */
  async command<T>(topicsSlice: string, signal: AbortSignal, send: (caller: CommandCaller) => Promise<T>): Promise<T> {
    try {
      return await send(await this.#numbered(topicsSlice, signal));
    } catch (error) {
      if (codeOf(error) !== "StaleCommand") throw error;
      return send(await this.#numbered(topicsSlice, signal));
    }
  }

  /** Notes what an error says of the session: its number means nothing in another epoch, nor in a log that was set back. */
  noticed(error: unknown): void {
    const code = codeOf(error);
    if (code === "EpochChanged" || code === "FutureSequence") this.#begun = undefined;
  }

  async #numbered(topicsSlice: string, signal: AbortSignal): Promise<CommandCaller> {
    const caller = await this.caller(topicsSlice, signal);
    return this.tracking === "registration" ? { ...caller, command: ++this.#commands } : caller;
  }

  /** Asked anew each time: a site's epoch may begin while it runs. */
  #site(): { siteEpoch?: string } {
    return this.#siteEpoch ? { siteEpoch: this.#siteEpoch() } : {};
  }

  async #begin(signal: AbortSignal): Promise<Pick<Caller, "session" | "sessionEpoch">> {
    const { clientId } = this;
    const request = { service: "BeginSession", clientId, ...this.#site() } as const;
    const { session, epoch } = await abortable(this.#client.json(request, signal), signal);
    if (!Number.isSafeInteger(session))
      throw new LiveDistError("Request", "BeginSession was not answered with a session");
    this.#commands = 0;
    return { session: session as number, ...(typeof epoch === "string" && { sessionEpoch: epoch }) };
  }
}
