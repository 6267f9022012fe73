import { toWireError, fromWireError, LiveDistError } from "../../../src/base/errors.js";
import { deltaClass } from "../../../src/delta/delta-class.js";
import { int32, string } from "../../../src/delta/field-types.js";
import { makeSchema } from "../../../src/delta/schema.js";
import { abortable } from "../../../src/edge/abortable.js";
import type { Entity } from "../../../src/entities/entity.js";
import type { IHttpClient } from "../../../src/plugs/http-client.js";
import type { IHttpServer } from "../../../src/plugs/http-server.js";
import type { Site } from "../../../src/site/site.js";
import { startSite, type StartSiteOptions } from "../../../src/site/start-site.js";
import { openStore } from "../../../src/store/open-store.js";
import type { Store } from "../../../src/store/store.js";
import type { LiveDistService } from "../../../src/wire/live-dist-service.js";
import type { Request } from "../../../src/wire/requests.js";
import { framesOf, jsonOf, overTheWire } from "../../support/call-service.js";
import { ManualClock, settle } from "../../support/manual-clock.js";
import { afterThis, id, Logged } from "../../support/one-site.js";

/** What a site of the tests holds; `tags` are its app topics, with commas between. */
export const Thing = deltaClass("Thing", { name: string(), tags: string(), size: int32() });
export const schema = makeSchema("tree-v1", [Thing]);

export interface ThingFields {
  readonly name?: string;
  readonly tags?: string;
  readonly size?: number;
}

/** A request between two sites. */
export interface Call {
  readonly from: string;
  readonly to: string;
  readonly request: Request;
}

/** What a test does to a call: before the request arrives, or with its answer. What it throws is what the caller gets. */
export type Intercept = (call: Call) => Promise<void> | void;

const STEPS_MAX = 500;
/** Turns after which time passes: whatever waits for nothing else has run by then, or nearly. */
const TURNS_PER_STEP = 25;
const STEP_MS = 100;
/** What has not come to hold at once most often waits for a timer: later steps are longer. */
const STEP_GROWTH_MS = 25;
const STEP_MS_MAX = 1_000;

/** A tree of sites in one process, over stores in memory and a time that the tests move. */
export class Tree {
  readonly clock = new ManualClock();
  readonly calls: Call[] = [];
  before: Intercept = () => undefined;
  after: Intercept = () => undefined;
  readonly #services = new Map<string, LiveDistService>();

  /** Starts a site; neighbours that are given in the configuration by names are reached by them. */
  async start(
    name: string,
    keys: Readonly<Record<string, string>> = {},
    more: Partial<StartSiteOptions> = {},
  ): Promise<TestSite> {
    const store = more.store ?? (await this.newStore());
    const logged = new Logged();
    const site = await startSite({
      config: { LiveDistSiteId: name, LiveDistPollMs: "500", ...keys },
      environment: {},
      schema,
      topicsOf: ({ fields }) => topicsIn(fields),
      store,
      logger: logged,
      clock: this.clock,
      random: () => 0.5,
      httpServer: this.#httpServer(name),
      httpClient: ({ clientId, servers }) => this.#client(name, clientId, servers[0]!),
      ...more,
    });
    const started = new TestSite(name, site, store, logged);
    afterThis(() => started.close());
    return started;
  }

  async newStore(): Promise<Store> {
    const store = await openStore("sqlite::memory:", { clock: this.clock });
    afterThis(() => store.close());
    return store;
  }

  /** Lets everything go on until something holds. Throws where it does not come to hold. */
  async until(holds: () => boolean | Promise<boolean>, what = String(holds)): Promise<void> {
    for (let step = 0; step < STEPS_MAX; step++) {
      await this.#turns();
      if (await holds()) return;
      await this.clock.advance(Math.min(STEP_MS + step * STEP_GROWTH_MS, STEP_MS_MAX));
    }
    throw new Error(`it does not come to hold: ${what}`);
  }

  /** Lets everything go on for a while. */
  async rest(ms = 2_000): Promise<void> {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      await this.#turns();
      await this.clock.advance(STEP_MS);
    }
  }

  /** Cuts the network: what is asked or answered now is lost. Gives a function that heals it. */
  cut(): () => void {
    const fail = (): void => {
      throw new LiveDistError("Network", "the network is cut");
    };
    this.before = this.after = fail;
    return () => void (this.before = this.after = () => undefined);
  }

  async #turns(): Promise<void> {
    for (let turn = 0; turn < TURNS_PER_STEP; turn++) await settle();
  }

  /** Gives the names of the services that one site has asked another for, since the calls were last cleared. */
  services(from: string, to: string): string[] {
    return this.calls.filter((call) => call.from === from && call.to === to).map(({ request }) => request.service);
  }

  #httpServer(name: string): IHttpServer {
    return {
      listen: (service) => {
        this.#services.set(name, service);
        const close = (): Promise<void> => {
          if (this.#services.get(name) === service) this.#services.delete(name);
          return Promise.resolve();
        };
        return Promise.resolve({ url: `http://${name}`, close });
      },
    };
  }

  #client(from: string, clientId: string, url: string): IHttpClient {
    const to = new URL(url).hostname;
    const ask = async <T>(
      request: Request,
      signal: AbortSignal,
      work: (service: LiveDistService, request: Request) => Promise<T>,
    ): Promise<T> => {
      const call = { from, to, request };
      try {
        this.calls.push(call);
        await this.before(call);
        const service = this.#services.get(to);
        if (!service) throw new LiveDistError("Network", `${to} is down`);
        const answer = await abortable(work(service, overTheWire(request)), signal);
        await this.after(call);
        return answer;
      } catch (error) {
        throw fromWireError(toWireError(error));
      }
    };
    const never = new AbortController().signal;
    return {
      clientId,
      frames: (request, signal = never) =>
        ask(request, signal, async (service, read) => eachOf(await collect(await framesOf(service, read, signal)))),
      json: async (request, signal = never) => ({ ...(await ask(request, signal, jsonOf)) }),
    };
  }
}

/** A running site as a test looks at it. */
export class TestSite {
  readonly name: string;
  readonly site: Site;
  readonly store: Store;
  readonly logged: Logged;
  #isClosed = false;

  constructor(name: string, site: Site, store: Store, logged: Logged) {
    this.name = name;
    this.site = site;
    this.store = store;
    this.logged = logged;
  }

  async create(number: number, fields: ThingFields): Promise<void> {
    await this.site.entities.transaction((unit) => unit.create(Thing, whole(fields), { techId: id(number) }));
    await this.site.entities.notifyDeltaServer();
  }

  async update(number: number, fields: ThingFields): Promise<void> {
    await this.site.entities.transaction((unit) => unit.update(Thing, id(number), fields));
    await this.site.entities.notifyDeltaServer();
  }

  async get(number: number): Promise<Entity | undefined> {
    return this.site.entities.get(Thing, id(number));
  }

  /** Gives what it holds, in short: `1 name,2 name`. */
  async held(): Promise<string> {
    const held: string[] = [];
    for await (const { techId, fields } of this.site.entities.list(Thing))
      held.push(`${Number(techId.slice(-12))} ${fields.name}`);
    return held.sort().join(",");
  }

  link(peer: string): Site["links"][number] {
    return this.site.links.find((link) => link.peer === peer)!;
  }

  async notes(peer: string): Promise<Record<string, unknown>> {
    return JSON.parse((await this.store.links.get(peer)) ?? "{}") as Record<string, unknown>;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.site.close();
  }
}

function whole({ name = "", tags = "", size = 0 }: ThingFields) {
  return { name, tags, size };
}

function topicsIn(fields: object): readonly string[] {
  const { tags } = fields as ThingFields;
  return (tags ?? "").split(",").filter((topic) => topic !== "");
}

async function collect(answer: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const list: Uint8Array[] = [];
  for await (const piece of answer) list.push(piece);
  return list;
}

// eslint-disable-next-line @typescript-eslint/require-await -- the bytes of an answer arrive asynchronously
async function* eachOf(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}
