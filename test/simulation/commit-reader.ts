import { isCommandRecord, readCommandRecord } from "../../src/delta-server/command-record.js";
import { decodeDeltaBuffer } from "../../src/delta/delta-buffer.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import { FATHER_CLIENT_ID } from "../../src/site/links/father-client-id.js";
import type { SitePlan } from "./scenario.js";
import type { CommitListener, SimulatedDatabase } from "./simulated-database.js";
import type { Simulation } from "./simulation.js";
import { nameOf, type PlainField, schema } from "./things.js";

/** The fields that an application changed in a transaction. */
export interface WrittenThing {
  readonly techId: string;
  readonly fields: ReadonlyMap<PlainField, unknown>;
}

/** Reads what a site commits, for the witness. */
export class CommitReader implements CommitListener {
  readonly #plan: SitePlan;
  readonly #url: string;
  readonly #database: SimulatedDatabase;
  readonly #simulation: Simulation;
  readonly #around: { before(): void; after(): void };
  #committing: { readonly after: number; readonly links: readonly string[] } | undefined;
  /** The epoch of the site's log. */
  epoch = "";
  /** What the transaction at hand writes for its application. */
  written: WrittenThing | undefined;

  /** `url` is the server's; `around` is called in front of and behind every commit. */
  constructor(
    plan: SitePlan,
    url: string,
    database: SimulatedDatabase,
    simulation: Simulation,
    around: { before(): void; after(): void },
  ) {
    this.#plan = plan;
    this.#url = url;
    this.#database = database;
    this.#simulation = simulation;
    this.#around = around;
  }

  committing(after: number, links: readonly string[]): void {
    this.#committing = { after, links };
    if (links.length > 0) this.#checkLeads();
    this.#around.before();
  }

  committed(): void {
    const { after, links } = this.#committing!;
    const { written } = this;
    this.written = undefined;
    const sql = "SELECT Sequence, DeltaBuffer FROM LiveDistLog WHERE Sequence > ? ORDER BY 1";
    const rows = this.#database.all(sql, after);
    for (const { Sequence: sequence, DeltaBuffer: bytes } of rows)
      this.#tell(Number(sequence), bytes as Uint8Array, links[0], written);
    if (written && written.fields.size > 0 && rows.length === 0)
      this.#simulation.bad("I3", `${this.#plan.name} wrote ${nameOf(written.techId)}, and its log says nothing of it`);
    this.#around.after();
  }

  /** What a link does is committed by the server that leads, whoever believed to be it. */
  #checkLeads(): void {
    const [master] = this.#database.all(
      "SELECT Url FROM LiveDistServers WHERE ServerId = (SELECT ServerId FROM LiveDistMaster WHERE Name = 'master')",
    );
    const leader = master?.["Url"];
    if (leader !== this.#url)
      this.#simulation.bad("I7", `${this.#url} commits for a link, and ${String(leader)} leads ${this.#plan.name}`);
  }

  #tell(sequence: number, bytes: Uint8Array, peer: string | undefined, written: WrittenThing | undefined): void {
    const { witness, note, count } = this.#simulation;
    const { name: site, father } = this.#plan;
    if (isCommandRecord(bytes)) {
      const { clientId, service } = readCommandRecord(bytes).request;
      note(`${site} log ${sequence}: ${service} of ${clientId}`);
      count(`command ${service}`);
      return;
    }
    const deltas = decodeDeltaBuffer(schema, bytes);
    const from = peer === FATHER_CLIENT_ID ? father : peer;
    note(`${site} log ${sequence}${from === undefined ? "" : ` from ${from}`}: ${deltas.map(shown).join("; ")}`);
    for (const { oper } of deltas) count(`row ${oper}`);
    witness.committed({ site, epoch: this.epoch, sequence, deltas, from }, written);
  }
}

function shown({ oper, techId, topics, fields }: DeltaObject): string {
  const { n, m } = fields as { n?: number; m?: number };
  return `${oper} ${nameOf(techId)} ${topics.join()}${n === undefined ? "" : ` n=${n}`}${m === undefined ? "" : ` m=${m}`}`;
}
