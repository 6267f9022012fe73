import { CONSOLE_AGES_MAX, CONSOLE_HISTORY_SECONDS } from "../base/limits.js";
import type { DeltaServer } from "../delta-server/delta-server.js";
import type { WindowRow } from "../delta-server/window-row.js";
import type { ServedSite } from "../site/served-site.js";

const SAMPLE_MS = 1_000;
/** Seconds over which a rate that is shown as one number is taken. */
const RATE_SECONDS = 5;

/** What the log brought in about one second. */
export interface Sample {
  /** When the second ended, in milliseconds since 1970. */
  readonly atMs: number;
  readonly sequence: number;
  readonly deltasPerSecond: number;
  /** Of the delta-objects as they stand in the log. */
  readonly bytesPerSecond: number;
  /**
   * How old the deltas were when they were read here: since the UpdateTime that their writer gave them, so that it spans the links
   * in between, and the difference of the clocks. Absent where there was none.
   */
  readonly ageMsMedian?: number;
  readonly ageMsMax?: number;
  /** Streams and waiting polls. */
  readonly edges: number;
}

/** Keeps, second by second, what the log brought of late. It looks at what is in memory anyway, and costs the log's way nothing. */
export class History {
  readonly #site: ServedSite;
  #samples: Sample[] = [];
  #delta: DeltaServer | undefined;
  #sequence = 0;
  #lookedMs = 0;
  #cancel: () => void = () => undefined;

  constructor(site: ServedSite) {
    this.#site = site;
  }

  start(): void {
    this.#begin();
    this.#later();
  }

  stop(): void {
    this.#cancel();
  }

  /** Gives the samples that ended after a time, the oldest first. */
  after(ms: number): readonly Sample[] {
    return this.#samples.filter(({ atMs }) => atMs > ms);
  }

  /** Gives the mean of the last seconds. */
  get rates(): { readonly deltasPerSecond: number; readonly bytesPerSecond: number } {
    const last = this.#samples.slice(-RATE_SECONDS);
    const mean = (of: (sample: Sample) => number): number =>
      last.length === 0 ? 0 : last.reduce((sum, sample) => sum + of(sample), 0) / last.length;
    return { deltasPerSecond: mean((one) => one.deltasPerSecond), bytesPerSecond: mean((one) => one.bytesPerSecond) };
  }

  #later(): void {
    this.#cancel = this.#site.clock.after(SAMPLE_MS, () => {
      this.#look();
      this.#later();
    });
  }

  /** Begins to count at the end of what a server has: a proxy that loads anew has another one. */
  #begin(): void {
    this.#delta = this.#site.delta();
    this.#sequence = this.#delta?.sequence ?? 0;
    this.#lookedMs = this.#site.clock.now();
  }

  #look(): void {
    const delta = this.#site.delta();
    if (delta !== this.#delta) this.#begin();
    const nowMs = this.#site.clock.now();
    const seconds = Math.max(1, nowMs - this.#lookedMs) / 1_000;
    const rows = delta?.window.after(Math.max(this.#sequence, delta.window.startSequence)) ?? [];
    this.#sequence = delta?.sequence ?? 0;
    this.#lookedMs = nowMs;
    this.#samples.push({
      atMs: nowMs,
      sequence: this.#sequence,
      ...summed(rows, seconds),
      edges: this.#site.activity.feeds.size,
    });
    if (this.#samples.length > 2 * CONSOLE_HISTORY_SECONDS)
      this.#samples = this.#samples.slice(-CONSOLE_HISTORY_SECONDS);
  }
}

function summed(rows: readonly WindowRow[], seconds: number): Omit<Sample, "atMs" | "sequence" | "edges"> {
  const ages: number[] = [];
  let count = 0;
  let bytes = 0;
  for (const { deltas, enteredMs } of rows) {
    for (const { encoded } of deltas) {
      count++;
      bytes += encoded.end - encoded.start;
      if (ages.length < CONSOLE_AGES_MAX) ages.push(Math.max(0, enteredMs - encoded.updateTimeMs));
    }
  }
  ages.sort((a, b) => a - b);
  const [median, max] = [ages[ages.length >>> 1], ages.at(-1)];
  return {
    deltasPerSecond: count / seconds,
    bytesPerSecond: bytes / seconds,
    ...(median !== undefined && max !== undefined && { ageMsMedian: median, ageMsMax: max }),
  };
}
