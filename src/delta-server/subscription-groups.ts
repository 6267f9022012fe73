import type { Clock } from "../base/clock.js";
import { LiveDistError, SequenceTooOldError } from "../base/errors.js";
import { SUBSCRIPTION_GROUPS_MAX } from "../base/limits.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import type { UnregisteredTracking } from "./decide.js";
import { GroupIndex } from "./group-index.js";
import type { LogWindow } from "./log-window.js";
import { RowHits } from "./row-frame.js";
import { SubscriptionGroup } from "./subscription-group.js";
import type { Wakes } from "./wakes.js";
import type { WindowRow } from "./window-row.js";

/** A group that nobody reads is kept this long: clients that poll come back to it. */
const IDLE_MS_MAX = 60_000;

/** The subscription groups of a server, and the routing of each new row to those that want something of it. */
export class SubscriptionGroups {
  readonly #clock: Clock;
  readonly #groups = new Map<string, SubscriptionGroup>();
  readonly #index = new GroupIndex();
  readonly #wakes: Wakes;
  /** The last row that could not be decided on. */
  #undecidedSequence = 0;

  constructor(clock: Clock, wakes: Wakes) {
    this.#clock = clock;
    this.#wakes = wakes;
  }

  get count(): number {
    return this.#groups.size;
  }

  /** The slices that somebody reads now. */
  get slicesInUse(): TopicsSlice[] {
    return [...this.#groups.values()].filter(({ users }) => users > 0).map(({ slice }) => slice);
  }

  /** Gives the group of a slice and mode to a reader; each `join` wants one `leave`. Throws Limit where there are too many. */
  join(slice: TopicsSlice, tracking: UnregisteredTracking, window: LogWindow): SubscriptionGroup {
    const key = keyOf(tracking, slice);
    let group = this.#groups.get(key);
    if (group === undefined) {
      this.#makeRoom();
      group = new SubscriptionGroup(slice, tracking, window.lastSequence);
      this.#groups.set(key, group);
      this.#index.add(group);
    }
    group.users++;
    return group;
  }

  /** Gives the group of a slice and mode, where there is one. */
  find(slice: TopicsSlice, tracking: UnregisteredTracking): SubscriptionGroup | undefined {
    return this.#groups.get(keyOf(tracking, slice));
  }

  leave(group: SubscriptionGroup): void {
    group.users--;
    if (group.users === 0) group.idleSinceMs = this.#clock.now();
  }

  /** Decides, once for all clients, what the groups are given of a row, and wakes those who wait for it. */
  route(row: WindowRow): void {
    const [delta] = row.deltas;
    if (row.deltas.length > 1) this.#routeMany(row);
    else if (delta)
      this.#index.decide(delta, (group, decision) => {
        if (decision !== "nothing") this.#give(group, row, RowHits.ofSingle(decision));
      });
  }

  #routeMany(row: WindowRow): void {
    const hits = new Map<SubscriptionGroup, RowHits>();
    row.deltas.forEach((delta, index) => {
      this.#index.decide(delta, (group, decision) => {
        if (decision === "nothing") return;
        let groupHits = hits.get(group);
        if (groupHits === undefined) hits.set(group, (groupHits = new RowHits()));
        groupHits.add(index, decision);
      });
    });
    for (const [group, groupHits] of hits) this.#give(group, row, groupHits);
  }

  #give(group: SubscriptionGroup, row: WindowRow, hits: RowHits): void {
    group.push(row, hits);
    this.#wakes.add(group);
  }

  /** Ends all groups, since a row could not be decided on: who missed what of it is not known, so that their readers load again. */
  endAll(sequence: number): void {
    this.#undecidedSequence = sequence;
    for (const group of [...this.#groups.values()]) {
      this.#remove(group);
      group.end(undecided(sequence));
      this.#wakes.add(group);
    }
  }

  /** Throws SequenceTooOld where a row behind a position could not be decided on. */
  checkDecidedAfter(position: number): void {
    if (position < this.#undecidedSequence) throw undecided(this.#undecidedSequence);
  }

  /** Wakes every reader, for instance because the server closes. */
  wakeAll(): void {
    for (const group of this.#groups.values()) group.wake();
  }

  /** Lets go of groups that nobody has read for a while, and of what has left the window. */
  tidy(window: LogWindow): void {
    const idleBeforeMs = this.#clock.now() - IDLE_MS_MAX;
    for (const group of this.#groups.values()) {
      if (group.users === 0 && group.idleSinceMs <= idleBeforeMs) this.#remove(group);
      else group.trim(window);
    }
  }

  #makeRoom(): void {
    if (this.#groups.size < SUBSCRIPTION_GROUPS_MAX) return;
    const unused = [...this.#groups.values()].find((group) => group.users === 0);
    if (unused === undefined) {
      throw new LiveDistError(
        "Limit",
        `more than ${SUBSCRIPTION_GROUPS_MAX} different slices are in use (SUBSCRIPTION_GROUPS_MAX)`,
      );
    }
    this.#remove(unused);
  }

  #remove(group: SubscriptionGroup): void {
    this.#groups.delete(keyOf(group.tracking, group.slice));
    this.#index.remove(group);
  }
}

function undecided(sequence: number): SequenceTooOldError {
  return new SequenceTooOldError(
    `the row ${sequence} of the log could not be decided on (see the server's log): load again`,
  );
}

function keyOf(tracking: UnregisteredTracking, slice: TopicsSlice): string {
  return `${tracking} ${slice.text}`;
}
