import { assert } from "../base/assert.js";
import { BATCH_BYTES_MAX, BODIES_READ_MAX } from "../base/limits.js";
import type { BodyReader } from "../cache-server/body-reader.js";
import type { LateBody } from "./late-body.js";
import { LateFrame } from "./late-frame.js";
import type { LogWindow } from "./log-window.js";
import type { StreamEntry } from "./stream-entries.js";

/** Reads the bodies that streams need, many at once, each once for all streams. What was read counts as held by the window. */
export class LateBodies {
  readonly #reader: BodyReader | undefined;
  readonly #window: LogWindow;

  /** `reader` is undefined where the cache holds everything. */
  constructor(reader: BodyReader | undefined, window: LogWindow) {
    this.#reader = reader;
    this.#window = window;
  }

  /**
   * Reads what the first of some entries waits for, and with it what those behind it will wait for, as far as one answer
   * reaches. Rejects as BodyReader does; whoever asks again reads again.
   */
  async readFor(entries: readonly StreamEntry[]): Promise<void> {
    const [first] = entries;
    const wanted = first?.frame instanceof LateFrame ? first.frame.bodies.filter(isUnread) : [];
    for (let waiting = wanted; waiting.length > 0; waiting = waiting.filter(isUnread)) {
      const begun = waiting.find(({ reading }) => reading !== undefined);
      if (begun) await begun.reading;
      else await this.#begin([...new Set([...waiting, ...ahead(entries)])]);
    }
  }

  /** Gives the frames of entries, in their order. Rejects as `readFor` does. */
  async *framesOf(entries: readonly StreamEntry[]): AsyncGenerator<Uint8Array, undefined> {
    for (const [at, { frame }] of entries.entries()) {
      if (frame instanceof LateFrame && frame.bytes === undefined) await this.readFor(entries.slice(at));
      const made = frame instanceof LateFrame ? frame.bytes : frame;
      assert(made !== undefined, "what was read for is there");
      yield made;
    }
  }

  /** Begins one call of the reader. */
  #begin(bodies: readonly LateBody[]): Promise<void> {
    const reading = this.#read(bodies).finally(() => {
      for (const one of bodies) one.reading = undefined;
    });
    for (const one of bodies) one.reading = reading;
    return reading;
  }

  async #read(bodies: readonly LateBody[]): Promise<void> {
    assert(this.#reader !== undefined, "where bodies are elsewhere, there is a reader");
    const read = await this.#reader.readSome(bodies.map(({ header }) => header));
    for (const one of bodies) {
      const body = read.get(one.header);
      if (body === undefined) continue;
      one.body = body;
      this.#window.hold(one.sequence, body.record.length);
    }
  }
}

function isUnread({ body }: LateBody): boolean {
  return body === undefined;
}

/** Gives the bodies that nobody reads yet of the entries at the front that one answer may take. */
function ahead(entries: readonly StreamEntry[]): LateBody[] {
  const bodies: LateBody[] = [];
  let bytes = 0;
  for (const { frame } of entries) {
    if (bytes > BATCH_BYTES_MAX || bodies.length >= BODIES_READ_MAX) break;
    if (!(frame instanceof LateFrame)) bytes += frame.length;
    else for (const one of frame.bodies) if (isUnread(one) && one.reading === undefined) bodies.push(one);
  }
  return bodies;
}
