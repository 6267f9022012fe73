import { type LiveDistServer, startLiveDist } from "../../src/site/start-live-dist.js";
import type { ProxyPlan } from "./scenario.js";
import { processLogger } from "./process-logger.js";
import { serverAt, urlOf } from "./server-names.js";
import { SimulatedProcess } from "./simulated-process.js";
import type { Simulation } from "./simulation.js";
import { schema } from "./things.js";

/** A proxy: a process that comes and goes, and has nothing but what it loads. */
export class SimulatedProxy {
  readonly plan: ProxyPlan;
  readonly #simulation: Simulation;
  #process: SimulatedProcess | undefined;
  #server: LiveDistServer | undefined;
  #boots = 0;

  constructor(plan: ProxyPlan, simulation: Simulation) {
    this.plan = plan;
    this.#simulation = simulation;
  }

  begin(): void {
    const { clock, bad, note } = this.#simulation;
    const process = new SimulatedProcess(clock);
    this.#process = process;
    note(`${this.plan.name} starts`);
    this.#start(process).catch((error: unknown) => {
      if (process.isAlive) bad("EXC", `${this.plan.name} does not start: ${String((error as Error).stack)}`);
    });
  }

  /** Ends its process as a power cut does, and starts another one some time later. */
  restart(downMs: number): void {
    const { clock, network, note, count } = this.#simulation;
    network.server(this.plan.name).down();
    this.#process?.end();
    note(`${this.plan.name} is down for ${downMs} ms`);
    count("restart of a proxy");
    const before = this.#process;
    clock.after(downMs, () => {
      if (this.#process === before) this.begin();
    });
  }

  bringUp(): void {
    if (!this.#process?.isAlive) this.begin();
  }

  async close(): Promise<void> {
    if (this.#process?.isAlive) await this.#server?.close();
  }

  async #start(process: SimulatedProcess): Promise<void> {
    const { name, mother, topics, lifeMinutes } = this.plan;
    const { dice, network, serversOf } = this.#simulation;
    const byTopics = { LiveDistDeltaUseTopicsSlice: "true", LiveDistDeltaFixedTopicsInSlice: topics };
    this.#server = await startLiveDist({
      config: {
        LiveDistSiteName: name,
        LiveDistClientId: name,
        LiveDistMotherServers: serversOf(mother).map(urlOf).join(","),
        LiveDistClientsPollMs: "5000",
        LiveDistLogInMemoryBytesMax: String(dice(`window ${name}`).pick([300, 1_000, 4_000, 20_000])),
        LiveDistDeltaUnusedTopicsLifeInMinutes: String(lifeMinutes),
        ...(topics !== "*" && byTopics),
      },
      schema,
      clock: process,
      random: dice(`proxy ${name} ${++this.#boots}`).random,
      logger: processLogger(name, process, this.#simulation),
      environment: {},
      httpServer: {
        listen: (service) =>
          process.whileAlive(() => {
            network.server(name).up(service);
            return Promise.resolve({ url: urlOf(name), close: () => this.#unlisten(process) });
          }),
      },
      httpClient: ({ clientId, servers }) =>
        network.reach({ name, clientId, process, transport: "stream", isSite: true }, servers.map(serverAt)),
    });
  }

  #unlisten(process: SimulatedProcess): Promise<void> {
    if (process.isAlive) this.#simulation.network.server(this.plan.name).down();
    return Promise.resolve();
  }
}
