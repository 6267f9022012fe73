import { Entities } from "../../src/entities/entities.js";
import { afterThis, City, schema } from "../support/one-site.js";
import { openStore } from "../../src/store/open-store.js";
import type { Store } from "../../src/store/store.js";

export { City, schema };

/** Gives all that an iterable gives. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const given: T[] = [];
  for await (const item of items) given.push(item);
  return given;
}

/** An application that writes cities: each has its size as its topic, "large" or "small". */
export class Application {
  readonly store: Store;
  readonly entities: Entities;

  private constructor(store: Store) {
    this.store = store;
    this.entities = new Entities(store, schema, {
      topicsOf: ({ fields }) => [Number(fields["size"]) > 5 ? "large" : "small"],
    });
  }

  static async start(): Promise<Application> {
    const store = await openStore("sqlite::memory:");
    afterThis(() => store.close());
    await store.clients.add({ clientId: "c1", bitNumber: 0 });
    await store.clients.add({ clientId: "c2", bitNumber: 1 });
    return new Application(store);
  }

  /** Creates a city; gives its tech-id. */
  create(name: string, size: number): Promise<string> {
    return this.entities.transaction(async (unit) => (await unit.create(City, { name, size })).techId);
  }

  async resize(techId: string, size: number): Promise<void> {
    await this.entities.transaction((unit) => unit.update(City, techId, { size }));
  }

  /** What a server of this site is started with. */
  get options() {
    const { store, entities: reader } = this;
    return { config: { LiveDistPort: "0", LiveDistPollMs: "20" }, schema, store, reader, environment: {} };
  }
}
