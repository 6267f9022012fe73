import type { DeltaServer } from "./delta-server.js";
import type { FeedSource } from "./feed-source.js";
import { type OldRows, oldRows } from "./old-rows.js";
import { resumeTransition } from "./resume.js";
import type { StreamEntry } from "./stream-entries.js";
import type { SubscriptionGroup } from "./subscription-group.js";

/** One unregistered client's view of its subscription group. */
export class GroupSource implements FeedSource {
  readonly #server: DeltaServer;
  readonly #group: SubscriptionGroup;

  constructor(server: DeltaServer, group: SubscriptionGroup) {
    this.#server = server;
    this.#group = group;
  }

  check(): void {
    this.#group.check();
  }

  reachesBackTo(position: number): boolean {
    return this.#group.reachesBackTo(position, this.#server.window);
  }

  after(position: number): readonly StreamEntry[] {
    return this.#group.after(position, this.#server.window);
  }

  async readOlder(position: number): Promise<OldRows> {
    const { slice, tracking } = this.#group;
    const read = tracking === "none" ? oldRows : resumeTransition;
    const rows = await read(this.#server, slice, position);
    // Trimming may have overtaken the reading: then what was read has a hole.
    await this.#server.refreshBounds();
    this.#server.checkAge(position);
    return rows;
  }

  onWake(callback: () => void): () => void {
    return this.#group.onWake(callback);
  }

  leave(): void {
    this.#server.groups.leave(this.#group);
  }
}
