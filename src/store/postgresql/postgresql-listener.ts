import pg from "pg";
import type { Clock } from "../../base/clock.js";
import { STORE_RECONNECT_MS_MAX } from "../../base/limits.js";
import type { Logger } from "../../base/logger.js";

const RECONNECT_MS_MIN = 100;

export interface PostgresqlListenerOptions {
  readonly connectionString: string;
  /** What to call for each channel: with what came with a notification, or without where some may have been missed. */
  readonly channels: Readonly<Record<string, (payload?: string) => void>>;
  /** Called when the connection was lost, with what it held. */
  readonly lost: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Hears of what others commit (LISTEN), on a connection of its own, which it opens anew when it is lost. Meanwhile, and where
 * the connection passes through something that does not carry notifications, whoever listens has to poll.
 */
export class PostgresqlListener {
  readonly #options: PostgresqlListenerOptions;
  #client: pg.Client | undefined;
  #delayMs = RECONNECT_MS_MIN;
  #cancel: () => void = () => undefined;
  #isListening = false;
  #isClosed = false;

  constructor(options: PostgresqlListenerOptions) {
    this.#options = options;
  }

  /** Begins to listen. Resolves when it does, or will try again later. */
  async start(): Promise<void> {
    const { connectionString, channels, logger } = this.#options;
    const client = new pg.Client({ connectionString, keepAlive: true, keepAliveInitialDelayMillis: 10_000 });
    this.#client = client;
    client.on("notification", ({ channel, payload }) => channels[channel]?.(payload ?? ""));
    client.on("error", (error) => logger.warn({ err: error }, "the connection that listens to PostgreSQL was lost"));
    client.on("end", () => this.#retry(client));
    try {
      await client.connect();
      await client.query(
        Object.keys(channels)
          .map((channel) => `LISTEN ${channel}`)
          .join("; "),
      );
      this.#isListening = this.#client === client;
      this.#delayMs = RECONNECT_MS_MIN;
    } catch (error) {
      if (!this.#isClosed) logger.warn({ err: error }, "PostgreSQL could not be listened to; it will be tried again");
      this.#retry(client);
    }
  }

  /** Runs statements on the connection that listens; gives the rows of the last, or undefined while there is none. */
  async script(sql: string): Promise<Record<string, unknown>[] | undefined> {
    if (!this.#isListening) return undefined;
    const results = await this.#client!.query<Record<string, unknown>>(sql);
    return [results].flat().at(-1)!.rows;
  }

  close(): void {
    this.#isClosed = true;
    this.#isListening = false;
    this.#cancel();
    this.#client?.end().catch(() => undefined);
  }

  #retry(client: pg.Client): void {
    if (this.#isClosed || this.#client !== client) return;
    this.#client = undefined;
    this.#isListening = false;
    this.#options.lost();
    client.end().catch(() => undefined);
    this.#cancel = this.#options.clock.after(this.#delayMs, () => void this.#restart());
    this.#delayMs = Math.min(this.#delayMs * 2, STORE_RECONNECT_MS_MAX);
  }

  async #restart(): Promise<void> {
    await this.start();
    for (const tell of Object.values(this.#options.channels)) tell();
  }
}
