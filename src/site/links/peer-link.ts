import { Deferred } from "../../edge/deferred.js";
import type { DeltaBatch } from "../../edge/delta-batch.js";
import type { Edge } from "../../edge/edge.js";
import type { KeptNotes } from "./kept-notes.js";
import type { Link, LinkRole, LinkState } from "./link.js";
import { LinkInbox } from "./link-inbox.js";
import { LinkLoop } from "./link-loop.js";
import type { LinkNotes } from "./link-notes.js";
import type { LinkParts } from "./link-parts.js";

/** From where the link has to load, because deltas do not go on from where it stands. */
export type LoadSince = "position" | "minimum";

/**
 * What the links to father and sons have in common: each is a client of the neighbour's servers, goes on from its notes or
 * loads, does what they say is to be done, and then follows.
 */
export abstract class PeerLink<N extends LinkNotes> implements Link {
  readonly peer: string;
  abstract readonly role: LinkRole;
  protected readonly parts: LinkParts;
  protected readonly edge: Edge;
  protected readonly notes: KeptNotes<N>;
  protected readonly inbox: LinkInbox<N>;
  protected readonly loop: LinkLoop;
  /** Set where the link must not go on without a load. */
  protected since: LoadSince | undefined;
  #givenUp: Promise<void> | undefined;
  readonly #synced = new Deferred<void>();

  protected constructor(parts: LinkParts, peer: string, role: LinkRole, notes: KeptNotes<N>) {
    const { store, entities, edge } = parts;
    this.peer = peer;
    this.parts = parts;
    this.edge = edge;
    this.notes = notes;
    this.inbox = new LinkInbox(store, entities, notes);
    this.loop = new LinkLoop({
      ...parts,
      peer,
      role,
      attempt: (signal) => this.#attempt(signal),
      mustSync: (since) => void (this.since = since),
      epoch: () => notes.current.position?.epoch,
      ended: (error) => this.ended(error),
    });
    if (this.isRestored) this.since = "position";
    // Nobody has to wait for it.
    this.#synced.promise.catch(() => undefined);
  }

  get state(): LinkState {
    return this.loop.state;
  }

  get failure(): unknown {
    return this.loop.failure;
  }

  get sequence(): number {
    return this.notes.current.position?.sequence ?? 0;
  }

  /** Whether the own database was restored since the two sides last agreed. */
  get isRestored(): boolean {
    return this.notes.current.ownEpoch !== this.parts.siteEpoch();
  }

  /** Resolves when the link goes on from where it stood, or has loaded. Rejects with what ended it before. */
  get synced(): Promise<void> {
    return this.#synced.promise;
  }

  start(): void {
    this.loop.start();
  }

  /**
   * Takes note of the epoch that the neighbour says it has. Where that is a new one, gives what resolves when nothing more
   * is committed of what he said before: what he then loads has all that was.
   */
  heard(siteEpoch: string): Promise<void> | undefined {
    if (this.loop.heard(siteEpoch)) this.#givenUp = this.notes.settle().catch(() => undefined);
    return this.#givenUp;
  }

  stop(): Promise<void> {
    return this.loop.stop();
  }

  /** Rejects what waits for the link: it ends for good. */
  protected ended(error: unknown): void {
    this.#synced.reject(error);
  }

  /** Does what needs no connection. */
  protected prepare?(signal: AbortSignal): Promise<void>;

  /** Finds out whether deltas go on from where the link stands; otherwise loads. */
  protected abstract goOn(signal: AbortSignal): Promise<void>;
  /** Does one thing that comes before following; tells whether there was any. */
  protected abstract doFirstDue(signal: AbortSignal): Promise<boolean>;
  /** Applies a batch; tells whether something is to be done before the next. */
  protected abstract applyBatch(batch: DeltaBatch, signal: AbortSignal): Promise<boolean>;

  async #attempt(signal: AbortSignal): Promise<void> {
    await this.notes.settle();
    await this.prepare?.(signal);
    this.loop.enter("connecting");
    await this.goOn(signal);
    this.#synced.resolve();
    for (;;) {
      while (await this.doFirstDue(signal));
      this.loop.enter("live");
      await this.loop.follow(signal, (batch) => this.applyBatch(batch, signal));
    }
  }
}
