import { startLiveDist } from "../../../src/site/start-live-dist.js";
import type { LiveDistService } from "../../../src/wire/live-dist-service.js";
import type { Position, Tracking } from "../../../src/wire/requests.js";
import type { ManualClock } from "../../support/manual-clock.js";
import { settle } from "../../support/manual-clock.js";
import { afterThis, type Batch, batchOf, type Load, loadOf, Logged, schema } from "../../support/one-site.js";
import { DirectClient } from "./direct-client.js";

const never = (): AbortSignal => new AbortController().signal;

/** What a proxy can be below: a site or another proxy, in this process. */
export interface Mother {
  readonly service: LiveDistService;
  readonly clock: ManualClock;
}

export interface OneProxyOptions {
  readonly name?: string;
  /** The fixed topics; absent: it receives everything. */
  readonly topics?: readonly string[];
  readonly windowBytesMax?: number;
  /** Whether it begins without its mother. */
  readonly isCut?: boolean;
}

/** A proxy without sockets, on the time of its mother. */
export class OneProxy implements Mother {
  readonly clock: ManualClock;
  readonly client: DirectClient;
  readonly logged = new Logged();
  /** Whether the mother can be reached. */
  isCut = false;
  service!: LiveDistService;

  private constructor(mother: Mother, name: string) {
    this.clock = mother.clock;
    this.client = new DirectClient(name, () => (this.isCut ? undefined : mother.service));
  }

  static async start(
    mother: Mother,
    { name = "c2", topics, windowBytesMax, isCut = false }: OneProxyOptions = {},
  ): Promise<OneProxy> {
    const proxy = new OneProxy(mother, name);
    proxy.isCut = isCut;
    const server = await startLiveDist({
      config: {
        LiveDistSiteName: name,
        LiveDistClientId: name,
        LiveDistMotherServers: "http://mother",
        LiveDistDeltaUnusedTopicsLifeInMinutes: "1",
        ...(windowBytesMax !== undefined && { LiveDistLogInMemoryBytesMax: String(windowBytesMax) }),
        ...(topics && { LiveDistDeltaUseTopicsSlice: "true", LiveDistDeltaFixedTopicsInSlice: topics.join() }),
      },
      schema,
      clock: mother.clock,
      logger: proxy.logged,
      environment: {},
      httpClient: () => proxy.client,
      httpServer: {
        listen: (service) => {
          proxy.service = service;
          return Promise.resolve({ url: "http://proxy", close: () => Promise.resolve() });
        },
      },
    });
    afterThis(() => server.close());
    await proxy.rest();
    return proxy;
  }

  get sequence(): number {
    return this.service.status("delta")["sequence"] as number;
  }

  get isConnected(): boolean {
    return this.service.status("delta")["connectedToCenter"] as boolean;
  }

  /** Cuts the way to the mother; what is under way breaks off. */
  async cut(): Promise<void> {
    this.isCut = true;
    this.client.breakOff();
    await this.rest();
  }

  /** Mends the way to the mother, and waits until the proxy has found it again. */
  async mend(): Promise<void> {
    this.isCut = false;
    await this.clock.advance(1_100);
    await this.rest();
  }

  /** Lets everything run that waits for nothing but its turn. */
  async rest(): Promise<void> {
    for (let turn = 0; turn < 60; turn++) await settle();
  }

  async load(topicsSlice: string, tracking: Tracking = "transition", rest: object = {}): Promise<Load> {
    const request = { service: "FullLoad", clientId: "c1", tracking, topicsSlice, ...rest } as const;
    const pieces: Uint8Array[] = [];
    for await (const piece of await this.service.fullLoad(request, never())) {
      for (const bytes of piece instanceof Uint8Array ? [piece] : piece) pieces.push(bytes);
    }
    return loadOf(pieces);
  }

  async fetch(topicsSlice: string, position: Position, waitMsMax = 0): Promise<Batch> {
    const request = { service: "FetchDeltas", clientId: "c1", tracking: "transition", topicsSlice } as const;
    return batchOf(await this.service.fetchDeltas({ ...request, position, waitMsMax }, never()));
  }
}
