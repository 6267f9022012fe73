import { codeOf, LiveDistError } from "../base/errors.js";
import type { IHttpClient } from "../plugs/http-client.js";
import type { Tracking } from "../wire/requests.js";
import { abortable } from "./abortable.js";

/** What every request about a subscription says of who asks. */
export interface Caller {
  readonly clientId: string;
  readonly tracking: Tracking;
  readonly topicsSlice: string;
  readonly session?: number;
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
  #number: number | undefined;
  #commands = 0;

  constructor(client: IHttpClient, tracking: Tracking) {
    this.#client = client;
    this.tracking = tracking;
  }

  get clientId(): string {
    return this.#client.clientId;
  }

  /** Gives the members of a request that changes nothing. Rejects as BeginSession does. */
  async caller(topicsSlice: string, signal: AbortSignal): Promise<Caller> {
    const { clientId, tracking } = this;
    if (tracking !== "registration") return { clientId, tracking, topicsSlice };
    this.#number ??= await this.#begin(signal);
    return { clientId, tracking, topicsSlice, session: this.#number };
  }

  /** Gives the members of a command, with a number that no command had before: also one that is sent again is a new one. */
  async command(topicsSlice: string, signal: AbortSignal): Promise<CommandCaller> {
    const caller = await this.caller(topicsSlice, signal);
    return this.tracking === "registration" ? { ...caller, command: ++this.#commands } : caller;
  }

  /** Notes what an error says of the session: its number means nothing in another epoch, nor in a log that was set back. */
  noticed(error: unknown): void {
    const code = codeOf(error);
    if (code === "EpochChanged" || code === "FutureSequence") this.#number = undefined;
  }

  async #begin(signal: AbortSignal): Promise<number> {
    const { clientId } = this;
    const { session } = await abortable(this.#client.json({ service: "BeginSession", clientId }, signal), signal);
    if (!Number.isSafeInteger(session))
      throw new LiveDistError("Request", "BeginSession was not answered with a session");
    this.#commands = 0;
    return session as number;
  }
}
