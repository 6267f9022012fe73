import { LiveDistError } from "../../base/errors.js";

/** What is used of a message of JetStream. */
export interface NatsMessage {
  readonly data: Uint8Array;
  readonly headers?: { get(name: string): string };
}

/** What is used of a connection of `@nats-io/transport-node`. */
export interface NatsConnection {
  readonly info?: { readonly max_payload: number };
  status(): AsyncIterable<{ readonly type: string }>;
  close(): Promise<void>;
}

/** Messages as they come to a callback. */
export interface NatsMessages {
  close(): Promise<unknown>;
}

/** What is used of JetStream. */
export interface NatsJetStream {
  publish(
    subject: string,
    payload: Uint8Array,
    options: { msgID: string; expect: { lastSequence: number } },
  ): Promise<{ readonly seq: number; readonly duplicate: boolean }>;
  readonly consumers: {
    get(
      stream: string,
      options: { deliver_policy: string },
    ): Promise<{ consume(options: object): Promise<NatsMessages> }>;
  };
}

export interface NatsManager {
  readonly streams: {
    /** Makes a stream where there is none; tells how it is. */
    add(config: object): Promise<{ readonly state: { readonly last_seq: number } }>;
  };
}

export interface NatsClient {
  readonly connection: NatsConnection;
  readonly jetStream: NatsJetStream;
  readonly manager: NatsManager;
}

/**
 * Connects to NATS by the packages `@nats-io/transport-node` and `@nats-io/jetstream`, which only who uses them installs. Rejects
 * with Config where they are missing, with Network where no server is reached.
 */
export async function connectNats(servers: readonly string[]): Promise<NatsClient> {
  const { connect, jetstream, jetstreamManager } = await packages();
  let connection: NatsConnection | undefined;
  try {
    connection = await connect({ servers, maxReconnectAttempts: -1 });
    return { connection, jetStream: jetstream(connection), manager: await jetstreamManager(connection) };
  } catch (error) {
    await connection?.close();
    throw new LiveDistError("Network", "no NATS server with JetStream could be reached", { cause: error });
  }
}

interface Packages {
  readonly connect: (options: object) => Promise<NatsConnection>;
  readonly jetstream: (connection: NatsConnection) => NatsJetStream;
  readonly jetstreamManager: (connection: NatsConnection) => Promise<NatsManager>;
}

async function packages(): Promise<Packages> {
  // Names in variables: who does not have them compiles and bundles without.
  const [transport, jetStream] = ["@nats-io/transport-node", "@nats-io/jetstream"];
  try {
    return { ...((await import(transport)) as Packages), ...((await import(jetStream)) as Packages) };
  } catch (error) {
    const message = `LiveDistNatsServers needs two packages more: npm install ${transport} ${jetStream}`;
    throw new LiveDistError("Config", message, { cause: error });
  }
}
