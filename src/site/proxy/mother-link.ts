import { type Clock, sleep } from "../../base/clock.js";
import { codeOf, LiveDistError } from "../../base/errors.js";
import type { Logger } from "../../base/logger.js";
import type { Random } from "../../base/random.js";
import { passes } from "../../edge/passes.js";
import type { TopicsSlice } from "../../topics/topics-slice.js";
import type { CenterConnection } from "./center-connection.js";
import type { HeldTopics } from "./held-topics.js";
import type { MotherBatch } from "./mother-batch.js";
import type { MotherClient, MotherLoad } from "./mother-client.js";
import type { ProxyState } from "./proxy-state.js";
import { slicesInUse } from "./slices-in-use.js";
import { Widening } from "./widening.js";

/** Milliseconds from one attempt to the next, half of it random: edges want to know within two seconds that the center is there again. */
const RETRY_MS = 1_000;
/** Milliseconds without a word of the mother after which she counts as not reached: she says something each second. */
const SILENT_MS_MAX = 1_800;

export interface MotherLinkParts {
  readonly mother: MotherClient;
  readonly topics: HeldTopics;
  readonly center: CenterConnection;
  /** Makes a state out of a first load. */
  readonly newState: (load: MotherLoad) => Promise<ProxyState>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Milliseconds for which a topic is received that nobody needs any more. */
  readonly unusedMsMax: number;
}

/**
 * Keeps a proxy's state current from its mother (guide §8; protocol: proxies). It does one thing at a time: a load, a widening, a
 * narrowing, or following the stream; what edges ask for meanwhile waits for the next turn.
 */
export class MotherLink {
  readonly #parts: MotherLinkParts;
  readonly #widening = new Widening();
  readonly #stopped = new AbortController();
  #state: ProxyState | undefined;
  /** Whether what the mother has and what is held here do not meet any more. */
  #mustLoad = true;
  #interrupted = new AbortController();
  /** Whether the last attempt failed. */
  #isAway = false;
  /** What was last logged of a failure, since the mother answered. */
  #toldFailure: string | undefined;
  /** Whether an attempt at once is under way, since what failed before it is mended by a load. */
  #isMending = false;
  #ended: Promise<void> | undefined;

  constructor(parts: MotherLinkParts) {
    this.#parts = parts;
  }

  /** What the proxy has; undefined until the first load, and after the mother's epoch has ended. */
  get state(): ProxyState | undefined {
    return this.#state;
  }

  start(): void {
    this.#ended ??= this.#run();
  }

  async stop(): Promise<void> {
    const closed = new LiveDistError("Closed", "the proxy is closing");
    this.#stopped.abort(closed);
    this.#widening.failed(closed);
    await this.#ended;
    this.#state?.stop();
  }

  /**
   * Waits until the topics that a slice needs are held. Rejects with what keeps them from being loaded, with Limit, and with the
   * signal's reason.
   */
  async hold(slice: TopicsSlice, signal: AbortSignal): Promise<void> {
    const { topics } = this.#parts;
    const missing = topics.missing(slice);
    if (missing.length === 0) return;
    topics.checkRoom(missing.length);
    if (this.#isAway) throw away();
    const held = this.#widening.wait(missing, signal);
    this.#interrupted.abort();
    await held;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await this.#turn(signal);
      } catch (error) {
        await this.#mend(error, signal);
      }
    }
  }

  /** Does what is due, the first of it, and then follows until something else is. */
  async #turn(signal: AbortSignal): Promise<void> {
    // What is asked for from here on interrupts.
    this.#interrupted = new AbortController();
    if (this.#state === undefined || this.#mustLoad) await this.#load(signal);
    else if (!this.#widening.isEmpty) await this.#widen(this.#state, signal);
    await this.#follow(this.#state!, AbortSignal.any([signal, this.#interrupted.signal]));
  }

  async #load(signal: AbortSignal): Promise<void> {
    const { mother, topics } = this.#parts;
    const more = this.#widening.topics;
    const load = await mother.fullLoad(topics.sliceText(more), signal);
    try {
      await this.#enterLoad(load);
    } finally {
      load.frames.cancel();
    }
    this.#mustLoad = false;
    this.#held(more, load);
  }

  async #enterLoad(load: MotherLoad): Promise<void> {
    const { topics, newState } = this.#parts;
    const { epoch, sequence } = load.head;
    const before = this.#state;
    if (before !== undefined && before.position.epoch === epoch) {
      if (sequence < before.position.sequence) {
        throw new LiveDistError("Network", `the mother is at ${sequence}, before ${before.position.sequence}`);
      }
      try {
        await before.replace(load);
        return;
      } catch (error) {
        if (codeOf(error) !== "Limit") throw error;
        this.#begin(undefined);
        throw new LiveDistError("Network", "what was missed is too much for one row: everything is loaded anew", {
          cause: error,
        });
      }
    }
    this.#begin(undefined);
    this.#begin(await newState(load));
    topics.holdAll(sequence);
  }

  /** Puts another state in the place of the one before, whose edges have to load again. */
  #begin(state: ProxyState | undefined): void {
    this.#state?.stop();
    this.#state = state;
  }

  async #widen(state: ProxyState, signal: AbortSignal): Promise<void> {
    const { mother, topics } = this.#parts;
    const more = this.#widening.topics;
    const before = topics.sliceText();
    const load = await mother.partialLoad(before, state.position, topics.sliceText(more), signal);
    try {
      await state.widen(load);
    } catch (error) {
      // What came of it will not be kept current.
      state.narrow(before);
      throw error;
    } finally {
      load.frames.cancel();
    }
    this.#held(more, load);
  }

  #held(more: ReadonlySet<string>, { head }: MotherLoad): void {
    const { topics, clock } = this.#parts;
    topics.hold(more, head.sequence, clock.now());
    this.#widening.loaded((topic) => topics.holds(topic));
    this.#reached(head);
  }

  /** Follows the stream until the signal aborts or topics have become unused. */
  async #follow(state: ProxyState, signal: AbortSignal): Promise<void> {
    const { mother, topics } = this.#parts;
    const silence = this.#watchSilence();
    try {
      const batches = mother.follow(topics.sliceText(), state.position, signal, (head) => {
        this.#reached(head);
        silence.heard();
      });
      for await (const batch of batches) {
        await state.enter(batch);
        this.#reached(batch);
        silence.heard();
        if (signal.aborted || this.#narrow(state)) return;
      }
    } catch (error) {
      // Ended by itself, not by the mother.
      if (!signal.aborted) throw error;
    } finally {
      silence.end();
    }
  }

  /** Notes that the mother answers. */
  #reached({ connectedToCenter }: Pick<MotherBatch, "connectedToCenter">): void {
    this.#isAway = false;
    this.#isMending = false;
    this.#toldFailure = undefined;
    this.#parts.center.set(connectedToCenter);
  }

  /** Gives up the topics that nobody needs any more, between two calls to the mother. Tells whether there were any. */
  #narrow(state: ProxyState): boolean {
    const { topics, clock, unusedMsMax, logger } = this.#parts;
    const nowMs = clock.now();
    for (const slice of slicesInUse(state.delta)) topics.use(slice, nowMs);
    const unused = topics.takeUnused(nowMs - unusedMsMax);
    if (unused.length === 0) return false;
    logger.info({ topics: unused }, "topics that nobody needs any more are not received any more");
    state.narrow(topics.sliceText());
    return true;
  }

  async #mend(error: unknown, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { center, logger, clock, random } = this.#parts;
    const code = codeOf(error);
    // A log that was set back without a new epoch is as good as another.
    const isOther = code === "EpochChanged" || code === "FutureSequence";
    const isOver = isOther || code === "SequenceTooOld" || code === "TopicNotInSlice";
    if (isOver) this.#mustLoad = true;
    if (isOther) this.#begin(undefined);
    // What is mended by loading is tried at once, the first time.
    if (isOver && !this.#isMending) {
      this.#isMending = true;
      return;
    }
    this.#isMending = false;
    this.#isAway = true;
    center.set(false);
    // Once for each reason, not with every attempt.
    const told = `${code ?? ""} ${String(error)}`;
    if (told !== this.#toldFailure) {
      logger.warn({ err: error }, "the proxy does not reach its mother, or is refused; it goes on trying");
    }
    this.#toldFailure = told;
    // Who waits for new topics is not kept waiting for a mother that is away.
    this.#widening.failed(passes(error) ? away() : error);
    await sleep(clock, RETRY_MS * (0.5 + random() / 2), signal);
  }

  #watchSilence(): { heard: () => void; end: () => void } {
    const { clock, center } = this.#parts;
    let cancel = (): void => undefined;
    const heard = (): void => {
      cancel();
      cancel = clock.after(SILENT_MS_MAX, () => center.set(false));
    };
    heard();
    return { heard, end: () => cancel() };
  }
}

/** A client tries again, at another server if it knows one. */
function away(): LiveDistError {
  return new LiveDistError("Closed", "the proxy does not reach its mother: what it does not hold cannot be had now");
}
