import { codeOf, LiveDistError } from "../../base/errors.js";
import { LINK_DELTAS_MAX } from "../../base/limits.js";
import { Deferred } from "../../edge/deferred.js";
import type { DeltaBatch } from "../../edge/delta-batch.js";
import type { Load } from "../../edge/load.js";
import { remedyFor } from "../../edge/remedy.js";
import type { Origin, Receiver } from "../../entities/receiver.js";
import { sonTopicsSlice } from "../../topics/routing-topics.js";
import type { Drops } from "./drops.js";
import { FATHER_CLIENT_ID } from "./father-client-id.js";
import { KeptNotes } from "./kept-notes.js";
import { inPieces, type Missed } from "./link-inbox.js";
import { type FatherNotes, omit, union } from "./link-notes.js";
import type { LinkParts } from "./link-parts.js";
import { given, noteMissed, withoutLists } from "./note-missed.js";
import { NamedTechIds } from "./named-tech-ids.js";
import { PeerLink } from "./peer-link.js";
import { UnwantedEntities } from "./unwanted-entities.js";
import { type Wants, wantsAll, wantsNone, wantsOf } from "./wants.js";

export interface FatherLinkParts extends LinkParts {
  readonly siteId: string;
  readonly drops: Drops;
}

interface SliceChange extends Deferred<void> {
  readonly topicsSlice: string;
}

/** Keeps a site current with its father (guide §2.6.2): a registered client of the father's servers. */
export class FatherLink extends PeerLink<FatherNotes> {
  readonly role = "father";
  readonly #siteId: string;
  readonly #unwanted: UnwantedEntities;
  #wanted: { readonly topicsSlice: string; readonly wants: Wants } | undefined;
  #change: SliceChange | undefined;
  #end: { readonly error: unknown } | undefined;

  /** `configuredSlice` is put in force at first, and again where the configuration names another one than at the last start. */
  static async open(parts: FatherLinkParts, configuredSlice: string): Promise<FatherLink> {
    const first = { ownEpoch: parts.siteEpoch(), topicsSlice: configuredSlice, configuredSlice };
    const notes = await KeptNotes.read<FatherNotes>(parts.store, FATHER_CLIENT_ID, first);
    await notes.note((before) => withConfigured(toldAgain(before), configuredSlice));
    return new FatherLink(parts, notes);
  }

  private constructor(parts: FatherLinkParts, notes: KeptNotes<FatherNotes>) {
    super(parts, FATHER_CLIENT_ID, "father", notes);
    this.#siteId = parts.siteId;
    this.#unwanted = new UnwantedEntities(parts.drops, notes, parts.clock, () => this.loop.interrupt());
  }

  /** Has another slice put in force; resolves when the father has answered. After a restart it is asked for again. */
  async changeSlice(topicsSlice: string): Promise<void> {
    this.#checkRuns();
    this.#change?.reject(new LiveDistError("Closed", "a later changeSlice took the place of this one"));
    const change = Object.assign(new Deferred<void>(), { topicsSlice });
    this.#change = change;
    // Settled perhaps before anybody waits for it.
    change.promise.catch(() => undefined);
    await this.notes.note((notes) => ({ ...notes, wantedSlice: topicsSlice }));
    this.loop.interrupt();
    return change.promise;
  }

  /** Drops what has no app topics and nobody holds, as far as that can be decided now; gives how many were dropped. */
  async purge(): Promise<number> {
    this.#checkRuns();
    return this.#unwanted.purge();
  }

  protected override ended(error: unknown): void {
    super.ended(error);
    this.#end = { error };
    this.#unwanted.end(error);
    this.#change?.reject(error);
  }

  protected override prepare(signal: AbortSignal): Promise<void> {
    return this.#unwanted.doPurges(signal);
  }

  protected async goOn(signal: AbortSignal): Promise<void> {
    const { position, topicsSlice } = this.notes.current;
    if (this.since === undefined && position?.stamp !== undefined) {
      await this.edge.skipLoad(this.#routed(topicsSlice), position, { signal });
      const { epoch, sequence } = this.edge.position!;
      if (epoch === position.epoch && sequence === position.sequence) return;
    }
    await this.#syncLoad(signal);
  }

  protected async doFirstDue(signal: AbortSignal): Promise<boolean> {
    const { position, toUnregister, lacking, wantedSlice } = this.notes.current;
    if (this.since !== undefined || position?.stamp === undefined) await this.#syncLoad(signal);
    else if (toUnregister !== undefined) await this.#unregister(toUnregister, signal);
    else if (lacking !== undefined) await this.#loadLacking(lacking, signal);
    else if (wantedSlice !== undefined) await this.#changeSlice(wantedSlice, signal);
    else if (this.#unwanted.isDue) await this.#drop(signal);
    else return false;
    return true;
  }

  protected async applyBatch({ deltas }: DeltaBatch, signal: AbortSignal): Promise<boolean> {
    const wants = this.#wants();
    const noted = (notes: FatherNotes, missed: Missed): FatherNotes =>
      noteMissed(notes, missed, wants, this.edge.position!);
    await this.inbox.apply(fatherOrigin(wants), deltas, noted, signal);
    const { toUnregister, lacking, position } = this.notes.current;
    return toUnregister !== undefined || lacking !== undefined || position!.stamp === undefined;
  }

  /** Names what is held, and loads what has changed since the position. What the father does not have is given to him. */
  async #syncLoad(signal: AbortSignal): Promise<void> {
    this.loop.enter("loading");
    const { topicsSlice, position } = this.notes.current;
    const wants = this.#wants();
    const held = new NamedTechIds(this.parts.entities, this.parts.random);
    const since = this.since === "minimum" ? undefined : position;
    const load = await this.edge.syncLoad(held.name(), this.#routed(topicsSlice), since, { signal });
    await this.#take(
      load,
      () => wants,
      signal,
      (notes, missed) => ({
        ...noteMissed(withoutLists(notes), missed, wants, this.edge.position!),
        ownEpoch: this.parts.siteEpoch(),
      }),
      // What came meanwhile was not named, so that the father has this site not registered on it, or not any more.
      () => held.unnamed(),
    );
    this.since = undefined;
  }

  async #loadLacking(techIds: readonly string[], signal: AbortSignal): Promise<void> {
    const wants = this.#wants();
    const load = await this.edge.loadEntities(techIds, { signal });
    await this.#take(
      load,
      () => wants,
      signal,
      (notes, missed) => noteMissed(omit(notes, "lacking"), missed, wants, notes.position!),
    );
  }

  async #partialLoad(topicsSlice: string, signal: AbortSignal): Promise<void> {
    this.loop.enter("loading");
    // Until it is answered to its end, nobody here knows which slice is in force.
    this.since = "position";
    const load = await this.edge.partialLoad(this.#routed(topicsSlice), { signal });
    const wants = wantsOf(topicsSlice);
    // What is owed was decided on under the slice before, and all of it counts. Only of that something can be lacking.
    const wantsFor = (isOwed: boolean): Wants => (isOwed ? wantsAll : wants);
    await this.#take(load, wantsFor, signal, (notes, missed) => ({
      ...noteMissed(notes, missed, wantsAll, this.edge.position!),
      topicsSlice,
      minus: union(notes.minus, [notes.topicsSlice]),
    }));
    this.since = undefined;
    this.#unwanted.expect();
  }

  /** Applies a load, and gives to the father what he says is gone, and what else there is. The notes change when all of it is there. */
  async #take(
    load: Load,
    wantsFor: (isOwed: boolean) => Wants,
    signal: AbortSignal,
    noted: (notes: FatherNotes, missed: Missed) => FatherNotes,
    besidesGone: () => Promise<readonly string[]> = () => Promise.resolve([]),
  ): Promise<void> {
    try {
      for (const techIds of [load.gone, await besidesGone()]) await this.#giveAgain(techIds, signal);
      const missed = await this.inbox.applyLoad(load, (isOwed) => fatherOrigin(wantsFor(isOwed)), signal);
      await this.inbox.note((notes) => noted(notes, missed), signal);
    } finally {
      load.cancel();
    }
  }

  async #giveAgain(techIds: readonly string[], signal: AbortSignal): Promise<void> {
    for (const some of inPieces(techIds, LINK_DELTAS_MAX)) {
      await this.#work(
        (receiver) => receiver.touch(some),
        (notes) => notes,
        signal,
      );
    }
  }

  /**
   * Tells the father what is to be unregistered. What came back meanwhile, from a son, is told too: an earlier call that was not
   * answered may have ended its registration. Takes what he gives up to there at once, so that it need not be remembered for long.
   */
  async #unregister(techIds: readonly string[], signal: AbortSignal): Promise<void> {
    const sequence = await this.edge.unregisterEntities(techIds, this.edge.sequence, { signal });
    await this.#work(
      // What is held is given to the father once more, who registers this site on it and gives it in full.
      (receiver) => receiver.touch(techIds),
      ({ unregistered = [], ...notes }) => ({
        ...without(notes, new Set(techIds)),
        unregistered: [...unregistered, { techIds, sequence }],
      }),
      signal,
    );
    await this.#takeWhatIsThere(signal);
  }

  async #drop(signal: AbortSignal): Promise<void> {
    // What the position has passed makes room for noting more.
    if (this.notes.current.unregistered !== undefined) await this.#takeWhatIsThere(signal);
    await this.#unwanted.drop(signal);
  }

  async #takeWhatIsThere(signal: AbortSignal): Promise<void> {
    await this.applyBatch(await this.edge.fetchDeltas({ waitMsMax: 0, signal }), signal);
  }

  async #changeSlice(topicsSlice: string, signal: AbortSignal): Promise<void> {
    let settle = (change: SliceChange): void => change.resolve();
    try {
      if (topicsSlice !== this.notes.current.topicsSlice) await this.#partialLoad(topicsSlice, signal);
    } catch (error) {
      // Where the father refuses the slice, the link goes on with the one that it had.
      if (signal.aborted || codeOf(error) === "StaleCommand" || remedyFor(error, "registration") !== "fail")
        throw error;
      this.since = undefined;
      settle = (change) => change.reject(error);
    }
    await this.inbox.note((notes) => withoutWanted(notes, topicsSlice), signal);
    const change = this.#change;
    if (change?.topicsSlice !== topicsSlice) return;
    this.#change = undefined;
    settle(change);
  }

  #work<T>(
    work: (receiver: Receiver) => Promise<T>,
    noted: (notes: FatherNotes, result: T) => FatherNotes,
    signal: AbortSignal,
  ): Promise<void> {
    return this.inbox.work(fatherOrigin(wantsNone), work, noted, signal);
  }

  #checkRuns(): void {
    if (this.#end !== undefined) throw this.#end.error;
  }

  /** Wants what the slice in force selects. */
  #wants(): Wants {
    const { topicsSlice } = this.notes.current;
    if (this.#wanted?.topicsSlice !== topicsSlice) this.#wanted = { topicsSlice, wants: wantsOf(topicsSlice) };
    return this.#wanted.wants;
  }

  #routed(topicsSlice: string): string {
    return sonTopicsSlice(topicsSlice, this.#siteId);
  }
}

function fatherOrigin(wants: Wants): Origin {
  return { role: "father", wants };
}

/** Gives the notes without some tech-ids among those to be unregistered. */
function without({ toUnregister = [], ...notes }: FatherNotes, techIds: ReadonlySet<string>): FatherNotes {
  return { ...notes, ...given({ toUnregister: toUnregister.filter((techId) => !techIds.has(techId)) }) };
}

/** Notes what was unregistered as to be unregistered: the process that would skip what the father gave before is gone. */
function toldAgain(notes: FatherNotes): FatherNotes {
  const { toUnregister, unregistered = [] } = notes;
  const again = unregistered.flatMap(({ techIds }) => techIds);
  return { ...omit(notes, "unregistered"), ...given({ toUnregister: union(toUnregister, again) }) };
}

function withConfigured(notes: FatherNotes, configuredSlice: string): FatherNotes {
  if (notes.configuredSlice === configuredSlice) return notes;
  return { ...notes, configuredSlice, wantedSlice: configuredSlice };
}

function withoutWanted(notes: FatherNotes, topicsSlice: string): FatherNotes {
  return notes.wantedSlice === topicsSlice ? omit(notes, "wantedSlice") : notes;
}
