import { LINK_TECH_IDS_MAX } from "../../base/limits.js";
import type { DeltaBatch } from "../../edge/delta-batch.js";
import type { Load } from "../../edge/load.js";
import type { Origin } from "../../entities/receiver.js";
import { FATHER_TOPIC } from "../../topics/routing-topics.js";
import { KeptNotes } from "./kept-notes.js";
import type { Missed } from "./link-inbox.js";
import { type LinkNotes, omit, union } from "./link-notes.js";
import type { LinkParts } from "./link-parts.js";
import { given, techIdsOf } from "./note-missed.js";
import { PeerLink } from "./peer-link.js";

/** Brings to a site what one of its sons has written (guide §2.6.3): an unregistered client of the son's servers. */
export class SonLink extends PeerLink<LinkNotes> {
  readonly role = "son";
  readonly #origin: Origin;

  static async open(parts: LinkParts, siteId: string): Promise<SonLink> {
    const notes = await KeptNotes.read<LinkNotes>(parts.store, siteId, { ownEpoch: parts.siteEpoch() });
    return new SonLink(parts, siteId, notes);
  }

  private constructor(parts: LinkParts, siteId: string, notes: KeptNotes<LinkNotes>) {
    super(parts, siteId, "son", notes);
    this.#origin = { role: "son", siteId };
  }

  protected async goOn(signal: AbortSignal): Promise<void> {
    const { position } = this.notes.current;
    if (this.since !== undefined || position === undefined) await this.#syncLoad(signal);
    else await this.edge.skipLoad(FATHER_TOPIC, position, { signal });
  }

  protected async doFirstDue(signal: AbortSignal): Promise<boolean> {
    const { position, lacking } = this.notes.current;
    if (this.since !== undefined || position === undefined) await this.#syncLoad(signal);
    else if (lacking !== undefined) await this.#loadLacking(lacking, signal);
    else return false;
    return true;
  }

  protected async applyBatch({ deltas }: DeltaBatch, signal: AbortSignal): Promise<boolean> {
    await this.inbox.apply(this.#origin, deltas, (notes, missed) => this.#noted(notes, missed), signal);
    const { position, lacking } = this.notes.current;
    return lacking !== undefined || position === undefined;
  }

  /** Loads what has changed at the son since the position, or ever. */
  async #syncLoad(signal: AbortSignal): Promise<void> {
    this.loop.enter("loading");
    const since = this.since === "minimum" ? undefined : this.notes.current.position;
    // A SyncLoad without a position has to name tech-ids, and only registered clients have any to name.
    const load = await this.edge.syncLoad([], FATHER_TOPIC, since, { signal });
    const ownEpoch = this.parts.siteEpoch();
    await this.#take(load, (notes, missed) => ({ ...this.#noted(notes, missed), ownEpoch }), signal);
    this.since = undefined;
  }

  /** Loads what the son sent changes of and this site does not hold. */
  async #loadLacking(techIds: readonly string[], signal: AbortSignal): Promise<void> {
    const load = await this.edge.loadEntities(techIds, { signal });
    await this.#take(load, (notes) => omit(notes, "lacking"), signal);
  }

  async #take(load: Load, noted: (notes: LinkNotes, missed: Missed) => LinkNotes, signal: AbortSignal): Promise<void> {
    try {
      const missed = await this.inbox.applyLoad(load, () => this.#origin, signal);
      await this.inbox.note((notes) => noted(notes, missed), signal);
    } finally {
      load.cancel();
    }
  }

  /** Gives the notes after what led to the edge's position. Where too much is lacking, everything is loaded again. */
  #noted(notes: LinkNotes, missed: Missed): LinkNotes {
    const lacking = union(notes.lacking, techIdsOf([...missed.lacking, ...missed.incomplete]));
    const rest = omit(notes, "lacking", "position");
    if (lacking.length > LINK_TECH_IDS_MAX) return rest;
    return { ...rest, ...given({ lacking }), position: this.edge.position! };
  }
}
