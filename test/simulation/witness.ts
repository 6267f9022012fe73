import type { DeltaObject } from "../../src/delta/delta-object.js";
import { nameOf, type PlainField } from "./things.js";
import { isNewer, versionText, type Written, writtenFields } from "./versions.js";

/** One committed row of a site's log. */
export interface CommittedRow {
  readonly site: string;
  readonly epoch: string;
  readonly sequence: number;
  readonly deltas: readonly DeltaObject[];
  /** The peer whose batch was applied in the same transaction. */
  readonly from: string | undefined;
}

/** A line as the witness knows it: who asks whom, and whether a site asks. */
export interface Delivery {
  readonly line: string;
  readonly client: string;
  readonly server: string;
  readonly isSite: boolean;
}

/**
 * Reads along in every log and on every line, and keeps what the oracle needs to know: the newest write of each field, and what
 * was delivered where. Tells at once what must never happen (I4, I5).
 */
export class Witness {
  readonly #bad: (invariant: string, message: string) => void;
  /** Of each entity the newest accepted write of each field. */
  readonly truth = new Map<string, Map<PlainField, Written>>();
  readonly #values = new Map<string, unknown>();
  readonly #origins = new Map<string, string>();
  readonly #held = new Map<string, Set<string>>();
  readonly #everHeld = new Set<string>();
  readonly #sentInFull = new Set<string>();

  constructor(bad: (invariant: string, message: string) => void) {
    this.#bad = bad;
  }

  /** Hears of a row; `written` are the fields that an application changed in the same transaction. */
  committed(
    row: CommittedRow,
    written?: { readonly techId: string; readonly fields: ReadonlyMap<PlainField, unknown> },
  ): void {
    const { site, epoch, sequence, deltas, from } = row;
    const held = this.heldAt(site);
    for (const delta of deltas) {
      if (delta.oper === "DELETE") held.delete(delta.techId);
      if (delta.oper === "REGISTER" || delta.oper === "DELETE") continue;
      // A CREATE of what is held says it once more on purpose: it comes from here, whatever was answered to it.
      const isSaidAgain = delta.oper === "CREATE" && held.has(delta.techId);
      if (from !== undefined && !isSaidAgain) this.#origins.set(rowKey(site, epoch, sequence, delta.techId), from);
      held.add(delta.techId);
      this.#everHeld.add(`${site} ${delta.techId}`);
      this.#checkValues(site, delta);
    }
    if (written === undefined) return;
    const said = deltas.filter(({ techId, oper }) => techId === written.techId && oper !== "REGISTER");
    const fields = new Map(said.flatMap((delta) => [...writtenFields(delta)]));
    for (const [name, value] of written.fields) this.#wrote(site, written.techId, name, value, fields.get(name));
  }

  /** Hears of what the server of a line delivers in its log's order: a delta-object of a row. */
  delivered({ line, client, server, isSite }: Delivery, epoch: string, sequence: number, delta: DeltaObject): void {
    const { oper, techId } = delta;
    if (oper === "DELETE" || oper === "REGISTER" || delta.leaves) return;
    const told = `${oper} ${nameOf(techId)} of ${server} ${sequence} to ${client}`;
    if (isSite && oper !== "FULL" && this.#origins.get(rowKey(server, epoch, sequence, techId)) === client)
      this.#bad("I4", `${told}, from where it came`);
    if (oper === "CREATE" || oper === "FULL") this.sentInFull(line, techId);
    else if (!this.#wasHeld(line, client, techId)) this.#bad("I5", `${told}, which never got it in full`);
  }

  /** The tech-ids of what a site holds by its log. */
  heldAt(site: string): Set<string> {
    const held = this.#held.get(site) ?? new Set();
    this.#held.set(site, held);
    return held;
  }

  /** Hears that a site's database was put back, when it held these. */
  restored(site: string, held: ReadonlySet<string>): void {
    this.#held.set(site, new Set(held));
  }

  sentInFull(line: string, techId: string): void {
    this.#sentInFull.add(`${line} ${techId}`);
  }

  #wasHeld(line: string, client: string, techId: string): boolean {
    return this.#sentInFull.has(`${line} ${techId}`) || this.#everHeld.has(`${client} ${techId}`);
  }

  /** A version says which write it was: it has one value, everywhere. */
  #checkValues(site: string, delta: DeltaObject): void {
    for (const [name, { value, version }] of writtenFields(delta)) {
      const field = `${nameOf(delta.techId)}.${name}`;
      const key = `${field} ${versionText(version)}`;
      if (this.#values.has(key) && this.#values.get(key) !== value)
        this.#bad(
          "I3",
          `${field} ${versionText(version)} is ${String(value)} at ${site}, and ${String(this.#values.get(key))} elsewhere`,
        );
      this.#values.set(key, value);
    }
  }

  #wrote(site: string, techId: string, name: PlainField, value: unknown, said: Written | undefined): void {
    const field = `${nameOf(techId)}.${name}`;
    if (said?.value !== value)
      this.#bad("I3", `${site} wrote ${field} ${String(value)}, and its log says ${String(said?.value)}`);
    if (said === undefined) return;
    const fields = this.truth.get(techId) ?? new Map<PlainField, Written>();
    this.truth.set(techId, fields);
    if (isNewer(said, fields.get(name))) fields.set(name, said);
  }
}

function rowKey(site: string, epoch: string, sequence: number, techId: string): string {
  return `${site} ${epoch} ${sequence} ${techId}`;
}
