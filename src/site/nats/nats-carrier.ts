import { type Clock, sleep, systemClock } from "../../base/clock.js";
import type { Logger } from "../../base/logger.js";
import { CARRIED_BYTES_MAX, NATS_STREAM_BYTES_MAX } from "../../base/limits.js";
import { connectNats, type NatsClient, type NatsMessage, type NatsMessages } from "./nats-client.js";
import type { CarriedRow, IRowCarrier } from "./row-carrier.js";

/** What a message takes beside its payload, at most. */
const HEADERS_BYTES = 1024;
/** How long NATS, just reached again, is left alone where it does not have JetStream yet. */
const NATS_RETRY_MS = 1_000;
const NS_PER_HOUR = 3_600_000_000_000;

export interface NatsCarrierOptions {
  readonly servers: readonly string[];
  /** Names the site: no other site may have the same at these servers. */
  readonly name: string;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/**
 * Carries rows over a stream of NATS JetStream. A row's epoch and sequence-number are the id of its message, by which NATS drops
 * what comes twice; each names the message that it expects to be the last one, so that of two servers that both believe to
 * lead one is refused. A row that is too large is a message without a body.
 */
export class NatsCarrier implements IRowCarrier {
  readonly #client: NatsClient;
  readonly #subject: string;
  readonly #stream: string;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #listeners = new Set<(row: CarriedRow | undefined) => void>();
  #sending: Promise<void> = Promise.resolve();
  #waitingBytes = 0;
  #lastSequence: number | undefined;
  #messages: NatsMessages | undefined;
  #isSubscribing = false;
  readonly #closing = new AbortController();

  private constructor(client: NatsClient, stream: string, logger: Logger, clock: Clock) {
    this.#clock = clock;
    this.#client = client;
    this.#stream = stream;
    this.#subject = subjectOf(stream);
    this.#logger = logger;
  }

  /** Connects, and makes the stream where there is none. Rejects with Config or Network. */
  static async open({ servers, name, logger, clock = systemClock }: NatsCarrierOptions): Promise<NatsCarrier> {
    const client = await connectNats(servers);
    const stream = `LIVEDIST_${name}`;
    const carrier = new NatsCarrier(client, stream, logger, clock);
    try {
      await carrier.#subscribe();
      void carrier.#watch();
      return carrier;
    } catch (error) {
      await client.connection.close();
      throw error;
    }
  }

  send(row: CarriedRow): void {
    const payload = this.#payloadOf(row);
    // Who does not get it reads it in the log.
    if (this.#waitingBytes > CARRIED_BYTES_MAX) return;
    const bytes = payload.length + HEADERS_BYTES;
    this.#waitingBytes += bytes;
    this.#sending = this.#sending.then(async () => {
      await this.#publish(row, payload);
      this.#waitingBytes -= bytes;
    });
  }

  onRow(listener: (row: CarriedRow | undefined) => void): void {
    this.#listeners.add(listener);
  }

  close(): Promise<void> {
    this.#listeners.clear();
    this.#closing.abort();
    return this.#client.connection.close();
  }

  #payloadOf({ deltaBuffer }: CarriedRow): Uint8Array {
    const bytesMax = (this.#client.connection.info?.max_payload ?? 0) - HEADERS_BYTES;
    return deltaBuffer && deltaBuffer.length <= bytesMax ? deltaBuffer : new Uint8Array(0);
  }

  async #publish({ epoch, sequence }: CarriedRow, payload: Uint8Array): Promise<void> {
    const { jetStream, manager } = this.#client;
    try {
      this.#lastSequence ??= (await manager.streams.add(this.#streamConfig)).state.last_seq;
      const expect = { lastSequence: this.#lastSequence };
      const { seq, duplicate } = await jetStream.publish(this.#subject, payload, {
        msgID: `${epoch}:${sequence}`,
        expect,
      });
      this.#lastSequence = duplicate ? undefined : seq;
    } catch (error) {
      // Another server has sent, or NATS is away: the others read this row in the log.
      this.#lastSequence = undefined;
      this.#logger.debug({ err: error, sequence }, "a row could not be sent over NATS");
    }
  }

  /** Tells of every break of the connection: messages may have been missed. */
  async #watch(): Promise<void> {
    for await (const { type } of this.#client.connection.status()) {
      if (type !== "disconnect" && type !== "reconnect") continue;
      this.#logger.warn({ type }, "the connection to NATS changed; the log is read in the database meanwhile");
      this.#lastSequence = undefined;
      this.#tell(undefined);
      if (type === "reconnect") void this.#subscribeAgain();
    }
  }

  get #streamConfig(): object {
    return {
      name: this.#stream,
      subjects: [this.#subject],
      // The database has it all: the stream only has to bridge moments.
      storage: "memory",
      discard: "old",
      max_bytes: NATS_STREAM_BYTES_MAX,
      max_age: NS_PER_HOUR,
    };
  }

  async #subscribe(): Promise<void> {
    const { jetStream, manager } = this.#client;
    await manager.streams.add(this.#streamConfig);
    const consumer = await jetStream.consumers.get(this.#stream, { deliver_policy: "new" });
    const before = this.#messages;
    this.#messages = await consumer.consume({ callback: (message: NatsMessage) => this.#tell(rowOf(message)) });
    // NATS may not know it any more.
    void before?.close().catch(() => undefined);
  }

  /** After a start NATS has neither the stream nor what was asked for of it, and would number messages from 1 again. */
  async #subscribeAgain(): Promise<void> {
    if (this.#isSubscribing) return;
    this.#isSubscribing = true;
    const { signal } = this.#closing;
    for (let isDone = false; !isDone && !signal.aborted;) {
      isDone = await this.#subscribe().then(
        () => true,
        (error: unknown) => {
          this.#logger.debug({ err: error }, "NATS does not have the stream yet; it is tried again");
          return false;
        },
      );
      if (!isDone) await sleep(this.#clock, NATS_RETRY_MS, signal);
    }
    this.#isSubscribing = false;
    this.#tell(undefined);
  }

  #tell(row: CarriedRow | undefined): void {
    for (const listener of this.#listeners) listener(row);
  }
}

function subjectOf(stream: string): string {
  return `livedist.${stream}`;
}

/** Gives undefined for a message that is none of ours, so that the log is read. */
function rowOf({ data, headers }: NatsMessage): CarriedRow | undefined {
  const id = headers?.get("Nats-Msg-Id") ?? "";
  const at = id.lastIndexOf(":");
  const sequence = Number(id.slice(at + 1));
  if (at < 1 || !Number.isSafeInteger(sequence)) return undefined;
  return { epoch: id.slice(0, at), sequence, deltaBuffer: data.length > 0 ? data : undefined };
}
