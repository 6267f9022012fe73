import { type Clock, sleep } from "../../src/base/clock.js";
import { ClientDisabledError, LiveDistError, SequenceTooOldError } from "../../src/base/errors.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import type { IHttpClient } from "../../src/plugs/http-client.js";
import { appTopics } from "../../src/topics/topics-list.js";
import { parseTopicsSlice } from "../../src/topics/topics-slice.js";
import type { FetchDeltasRequest, Position, Request } from "../../src/wire/requests.js";
import { applyDelta } from "../../src/edge/apply-delta.js";
import type { Entity } from "../../src/edge/entity.js";
import { Person, fetchAnswer, loadAnswer, person } from "./answers.js";
import { networkError } from "./scripted-client.js";

const PIECES = 5;
const PIECE_MS = 50;

interface LogRow {
  readonly sequence: number;
  readonly delta: DeltaObject;
  /** The entity before and after. */
  readonly before: Entity | undefined;
  readonly after: Entity | undefined;
}

/** What a fault does to an answer: nothing, no answer at all, or a cut after a part of its bytes. */
export type Fault = () => "none" | "refuse" | { readonly cutAfter: number };

/** A whole site in a few lines: an application's entities, their log, and a server that decides anew at every fetch. */
export class FakeSite implements IHttpClient {
  readonly clientId = "c1";
  fault: Fault = () => "none";
  isDisabled = false;
  readonly entities = new Map<string, Entity>();
  readonly #clock: Clock;
  #epoch = 1;
  #sequence = 0;
  #trimmedTo = 0;
  #log: LogRow[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Creates, changes or deletes (without topics) the n-th entity. */
  write(n: number, topics: readonly string[] | undefined, fields: object): void {
    const before = [...this.entities.values()].find(({ techId }) => techId === person(n).techId);
    if (!before && !topics) return;
    const oper = !before ? "CREATE" : topics ? "UPDATE" : "DELETE";
    const delta = person(n, {
      oper,
      topics: topics ?? before!.topics,
      oldTopics: before?.topics ?? null,
      fields: oper === "DELETE" ? {} : fields,
    });
    const after = applyDelta(before, delta);
    if (after) this.entities.set(delta.techId, after);
    else this.entities.delete(delta.techId);
    this.#log.push({ sequence: ++this.#sequence, delta, before, after });
    this.#wake();
  }

  /** Forgets the log. */
  trim(): void {
    this.#trimmedTo = this.#sequence;
    this.#log = [];
    this.#wake();
  }

  /** Is restored from a backup that lacks the n-th entity. */
  restore(n: number): void {
    this.entities.delete(person(n).techId);
    this.#epoch++;
    this.#sequence = 1;
    this.trim();
  }

  selected(slice: string): Map<string, Entity> {
    const parsed = parseTopicsSlice(slice);
    return new Map([...this.entities].filter(([, { topics }]) => parsed.selects(topics)));
  }

  async frames(request: Request, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const fault = this.#check();
    const bytes =
      request.service === "FullLoad"
        ? this.#load(request.topicsSlice)
        : await this.#fetch(request as FetchDeltasRequest, signal);
    const cut = fault === "none" ? bytes.length : Math.floor(bytes.length * fault.cutAfter);
    return this.#sent(bytes.slice(0, cut), request.service === "FullLoad" ? PIECE_MS : 0, signal);
  }

  /** Sends bytes in pieces; those of a load take their time, so that much can happen meanwhile. */
  async *#sent(bytes: Uint8Array, delayMs: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const size = Math.ceil(bytes.length / PIECES) || 1;
    for (let at = 0; at < bytes.length; at += size) {
      yield bytes.slice(at, at + size);
      if (delayMs > 0) await sleep(this.#clock, delayMs, signal);
    }
  }

  async json(request: Request): Promise<Record<string, unknown>> {
    if (this.#check() !== "none") throw networkError();
    const { position } = request as { position: Position };
    this.#checkPosition(position);
    return Promise.resolve({ position: { ...position } });
  }

  #check(): Exclude<ReturnType<Fault>, "refuse"> {
    const fault = this.fault();
    if (fault === "refuse") throw networkError();
    if (this.isDisabled) throw new ClientDisabledError("disabled");
    return fault;
  }

  #checkPosition({ epoch, sequence }: Position): void {
    if (epoch !== String(this.#epoch)) throw new LiveDistError("EpochChanged", "restored");
    if (sequence < this.#trimmedTo) throw new SequenceTooOldError("trimmed");
    if (sequence > this.#sequence) throw new LiveDistError("FutureSequence", "copied back");
  }

  #load(slice: string): Uint8Array {
    const creates = [...this.selected(slice).values()].map((entity) => this.#whole("CREATE", entity));
    return loadAnswer(this.#sequence, creates, { epoch: String(this.#epoch) });
  }

  async #fetch({ position, topicsSlice, waitMsMax }: FetchDeltasRequest, signal: AbortSignal): Promise<Uint8Array> {
    this.#checkPosition(position);
    if (position.sequence === this.#sequence) await this.#wait(waitMsMax, signal);
    this.#checkPosition(position);
    const slice = parseTopicsSlice(topicsSlice);
    const selects = (entity: Entity | undefined): boolean => entity !== undefined && slice.selects(entity.topics);
    const rows = this.#log
      .filter(({ sequence }) => sequence > position.sequence)
      .flatMap((row): [number, DeltaObject][] => {
        const [was, is] = [selects(row.before), selects(row.after)];
        if (!was && !is) return [];
        if (was && is) return [[row.sequence, row.delta]];
        const delta = is
          ? this.#whole(row.before ? "FULL" : "CREATE", row.after!)
          : { ...row.delta, fields: {}, leaves: true };
        return [[row.sequence, delta]];
      });
    return fetchAnswer(position.sequence, rows, this.#sequence, String(this.#epoch));
  }

  #whole(oper: "CREATE" | "FULL", { techId, topics, updateTime, fields }: Entity): DeltaObject {
    return Person.delta({ oper, techId, topics: appTopics(topics), updateTime, fields: fields });
  }

  #wait(waitMsMax: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        this.#waiting.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const cancel = this.#clock.after(waitMsMax, done);
      this.#waiting.add(done);
      signal.addEventListener("abort", done, { once: true });
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
