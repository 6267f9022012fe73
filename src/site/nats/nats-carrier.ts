import type { Logger } from "../../base/logger.js";
import { CARRIED_BYTES_MAX, NATS_STREAM_BYTES_MAX } from "../../base/limits.js";
import { connectNats, type NatsClient, type NatsMessage } from "./nats-client.js";
import type { CarriedRow, IRowCarrier } from "./row-carrier.js";

/** What a message takes beside its payload, at most. */
const HEADERS_BYTES = 1024;
const NS_PER_HOUR = 3_600_000_000_000;

export interface NatsCarrierOptions {
  readonly servers: readonly string[];
  /** Names the site: no other site may have the same at these servers. */
  readonly name: string;
  readonly logger: Logger;
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
  readonly #listeners = new Set<(row: CarriedRow | undefined) => void>();
  #sending: Promise<void> = Promise.resolve();
  #waitingBytes = 0;
  #lastSequence: number | undefined;

  private constructor(client: NatsClient, stream: string, logger: Logger) {
    this.#client = client;
    this.#stream = stream;
    this.#subject = subjectOf(stream);
    this.#logger = logger;
  }

  /** Connects, and makes the stream where there is none. Rejects with Config or Network. */
  static async open({ servers, name, logger }: NatsCarrierOptions): Promise<NatsCarrier> {
    const client = await connectNats(servers);
    const stream = `LIVEDIST_${name}`;
    const carrier = new NatsCarrier(client, stream, logger);
    try {
      await client.manager.streams.add({
        name: stream,
        subjects: [subjectOf(stream)],
        // The database has it all: the stream only has to bridge moments.
        storage: "memory",
        discard: "old",
        max_bytes: NATS_STREAM_BYTES_MAX,
        max_age: NS_PER_HOUR,
      });
      const consumer = await client.jetStream.consumers.get(stream, { deliver_policy: "new" });
      await consumer.consume({ callback: (message: NatsMessage) => carrier.#tell(rowOf(message)) });
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
    return this.#client.connection.close();
  }

  #payloadOf({ deltaBuffer }: CarriedRow): Uint8Array {
    const bytesMax = (this.#client.connection.info?.max_payload ?? 0) - HEADERS_BYTES;
    return deltaBuffer && deltaBuffer.length <= bytesMax ? deltaBuffer : new Uint8Array(0);
  }

  async #publish({ epoch, sequence }: CarriedRow, payload: Uint8Array): Promise<void> {
    const { jetStream, manager } = this.#client;
    try {
      this.#lastSequence ??= (await manager.streams.info(this.#stream)).state.last_seq;
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
    }
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
