import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { silentLogger } from "../../src/base/logger.js";
import { LogWatch } from "../../src/store/postgresql/log-watch.js";
import { ManualClock } from "../support/manual-clock.js";

interface OpenTransaction {
  readonly id: number;
  readonly tells: boolean;
}

/** What a watch sees of a database: transactions, the bell, and who is told. It numbers rows by itself, and when it is told. */
class World {
  readonly clock = new ManualClock();
  readonly watch: LogWatch;
  /** Appends of which the database told, of committed transactions. */
  told = 0;
  /** Times that the watch said that it has found something. */
  found = 0;
  looks = 0;
  isConnected = true;
  hasBell = false;
  waiting = 0;
  seen = "1:1:";
  numbered = 0;
  #nextId = 1;
  #lastEnded = 0;
  readonly #open = new Set<OpenTransaction>();

  constructor() {
    const number = () => this.number();
    this.watch = new LogWatch({
      numbering: this.#numbering(number),
      bell: {
        hang: async () => {
          this.hasBell = this.isConnected;
          if (!this.isConnected) return undefined;
          for (let turn = 0; turn < 5; turn++) await Promise.resolve();
          this.#ended(this.#nextId);
          return String(this.#nextId++);
        },
        take: () => Promise.resolve((this.hasBell = false)),
      },
      clock: this.clock,
      logger: silentLogger,
      found: () => this.found++,
    });
  }

  append(): OpenTransaction {
    const transaction = { id: this.#nextId++, tells: this.hasBell };
    this.#open.add(transaction);
    return transaction;
  }

  commit(transaction: OpenTransaction): void {
    this.#open.delete(transaction);
    this.#ended(transaction.id);
    this.waiting++;
    if (!transaction.tells || !this.isConnected) return;
    this.told++;
    this.watch.heard();
    this.number();
  }

  lose(): void {
    this.isConnected = this.hasBell = false;
    this.watch.connectionChanged();
  }

  /** Whoever listens is woken when the connection is there again. */
  connect(): void {
    this.isConnected = true;
    this.watch.connectionChanged();
    this.number();
  }

  number(): number {
    const count = this.waiting;
    this.waiting = 0;
    this.numbered += count;
    this.seen = this.#snapshot();
    return count;
  }

  /** Commits that come one after the other, with a time between. */
  async commitMany(count: number, betweenMs: number): Promise<void> {
    for (let at = 0; at < count; at++) {
      this.commit(this.append());
      await this.clock.advance(betweenMs);
    }
  }

  #ended(id: number): void {
    this.#lastEnded = Math.max(this.#lastEnded, id);
  }

  /** A moment as PostgreSQL writes it: xmax is behind the last transaction to end, not behind the last to begin. */
  #snapshot(): string {
    const xmax = this.#lastEnded + 1;
    const running = [...this.#open].map(({ id }) => id).filter((id) => id < xmax);
    return `${Math.min(xmax, ...running)}:${xmax}:${running.join()}`;
  }

  #numbering(number: () => number) {
    const isSeen = () => this.seen;
    const numbered = () => this.numbered;
    return {
      number: () => {
        this.looks++;
        return Promise.resolve(number());
      },
      get seen() {
        return isSeen();
      },
      get numbered() {
        return numbered();
      },
    };
  }
}

async function asleep(): Promise<World> {
  const world = new World();
  world.watch.start();
  await world.clock.advance(0);
  expect([world.hasBell, world.clock.delaysMs]).toEqual([true, []]);
  return world;
}

describe("who watches the log", () => {
  it("sleeps, and is told, while commits come slowly", async () => {
    const world = await asleep();
    const { looks } = world;
    await world.commitMany(100, 10);
    expect([world.told, world.found, world.looks]).toEqual([100, 0, looks]);
  });

  it("looks for itself, and is told of nothing, while they come fast", async () => {
    const world = await asleep();
    await world.commitMany(500, 1);
    expect(world.told).toBeLessThan(20);
    expect(world.found).toBeGreaterThan(200);
    await world.clock.advance(2);
    expect([world.hasBell, world.waiting]).toEqual([false, 0]);
  });

  it("says, too, that rows were numbered for somebody else, who asked the log for something", async () => {
    const world = await asleep();
    await world.commitMany(500, 1);
    await world.clock.advance(2);
    const { found } = world;
    world.commit(world.append());
    world.number();
    await world.clock.advance(2);
    expect(world.found).toBe(found + 1);
  });

  it("sleeps again when it has looked in vain for a while", async () => {
    const world = await asleep();
    await world.commitMany(500, 1);
    await world.clock.advance(50);
    expect([world.hasBell, world.clock.delaysMs]).toEqual([true, []]);
    world.commit(world.append());
    expect(world.waiting).toBe(0);
  });

  it("sleeps again, too, while commits come one by one", async () => {
    const world = await asleep();
    await world.commitMany(500, 1);
    await world.commitMany(20, 5);
    expect([world.hasBell, world.clock.delaysMs]).toEqual([true, []]);
  });

  it("does not fall asleep on a transaction that has not told: it goes on looking, ever more seldom, until that is over", async () => {
    const world = await asleep();
    await world.commitMany(500, 1);
    const late = world.append();
    await world.clock.advance(1_000);
    expect(world.hasBell).toBe(true);
    const { looks } = world;
    await world.clock.advance(1_000);
    expect(world.looks - looks).toBeLessThan(30);
    world.commit(late);
    expect(world.waiting).toBe(1);
    await world.clock.advance(100);
    expect([world.waiting, world.clock.delaysMs]).toEqual([0, []]);
  });

  it("waits for the connection that listens, and asks to be told again when it is back", async () => {
    const world = await asleep();
    world.lose();
    await world.clock.advance(1_000);
    expect([world.hasBell, world.clock.delaysMs]).toEqual([false, []]);
    world.connect();
    await world.clock.advance(1_000);
    expect([world.hasBell, world.clock.delaysMs]).toEqual([true, []]);
  });

  it("lets nobody tell when it is stopped, awake or asleep, and can be started again", async () => {
    const world = await asleep();
    for (const commits of [0, 500]) {
      await world.commitMany(commits, 1);
      world.watch.stop();
      await world.clock.advance(100);
      expect([world.hasBell, world.clock.delaysMs]).toEqual([false, []]);
      world.watch.start();
      world.watch.start();
      await world.clock.advance(100);
      expect([world.hasBell, world.clock.delaysMs]).toEqual([true, []]);
    }
  });

  it("misses no commit, whatever falls together", async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant("append" as const) }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant("commit" as const), which: fc.nat(9) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.constantFrom(0, 1, 3, 30) }) },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant("burst" as const), count: fc.integer({ min: 10, max: 40 }) }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constantFrom("lose" as const, "connect" as const, "turn" as const) }),
      },
    );
    const missesNone = fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const world = new World();
      world.watch.start();
      const open: OpenTransaction[] = [];
      for (const one of steps) {
        if (one.kind === "append") open.push(world.append());
        else if (one.kind === "pass") await world.clock.advance(one.ms);
        else if (one.kind === "burst") await world.commitMany(one.count, 1);
        else if (one.kind === "lose") world.lose();
        else if (one.kind === "connect") world.connect();
        else if (one.kind === "turn") await Promise.resolve();
        else if ("which" in one && open.length > 0) world.commit(open.splice(one.which % open.length, 1)[0]!);
      }
      if (!world.isConnected) world.connect();
      // Long enough for looks, and for nothing else: what is not found by then, nobody will find.
      await world.clock.advance(200);
      expect(world.waiting).toBe(0);
      for (const transaction of open) {
        world.commit(transaction);
        await world.clock.advance(200);
        expect(world.waiting).toBe(0);
      }
      expect([world.hasBell, world.clock.delaysMs]).toEqual([true, []]);
      world.watch.stop();
    });
    await fc.assert(missesNone, { numRuns: 200 });
  });
});
