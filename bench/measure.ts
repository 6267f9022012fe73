import { performance } from "node:perf_hooks";

/** How large a run is: tiny shows that the benchmarks work, full gives figures. */
export type Size = "tiny" | "full";

/** What every subject is given. */
export interface BenchOptions {
  readonly size: Size;
  readonly seed: number;
}

/** One line of a table: the median of repeated runs, and the least and the most of them. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly runs: number;
  /** The yardstick that this line stands beside; absent on the yardstick itself. */
  readonly beside?: Row;
}

/** Lines that belong together. */
export interface Table {
  readonly title: string;
  /** What the figures are to reach, in words, where there is an aim. */
  readonly target?: string;
  readonly rows: readonly Row[];
}

/** One of several that do the same work. */
export interface Contestant {
  readonly name: string;
  /** Works for about `ms` milliseconds and gives how much it did per second. */
  readonly run: (ms: number) => number | Promise<number>;
}

/** One of several that do the same work, of each run of which several things are known. */
export interface Trial<Figure extends string> {
  readonly name: string;
  readonly run: () => Promise<Readonly<Record<Figure, number>>>;
}

/** How often and for how long each contestant runs. */
export interface Plan {
  readonly runs: number;
  readonly ms: number;
}

/** The plan of subjects whose work can be cut into pieces of any length. */
export function planOf(size: Size): Plan {
  return size === "full" ? { runs: 9, ms: 250 } : { runs: 2, ms: 2 };
}

/**
 * Lets contestants run in turns, so that what the machine does meanwhile meets them all, after a round that only warms up.
 * The last one is the yardstick that the others stand beside.
 */
export async function race(unit: string, contestants: readonly Contestant[], { runs, ms }: Plan): Promise<Row[]> {
  const trials = contestants.map(({ name, run }) => ({ name, run: async () => ({ speed: await run(ms) }) }));
  return linesOf("speed", unit, await inTurns(trials, runs));
}

/** What each trial gave, run by run. */
export type Results<Figure extends string> = readonly {
  readonly name: string;
  readonly runs: readonly Readonly<Record<Figure, number>>[];
}[];

/** Runs trials in turns, as `race` does. */
export async function inTurns<F extends string>(trials: readonly Trial<F>[], runs: number): Promise<Results<F>> {
  const results = trials.map(({ name }) => ({ name, runs: [] as Readonly<Record<F, number>>[] }));
  for (let round = -1; round < runs; round++) {
    for (const [index, trial] of trials.entries()) {
      const figures = await trial.run();
      if (round >= 0) results[index]!.runs.push(figures);
    }
  }
  return results;
}

/** Makes the lines of one figure, the last of which is the yardstick. */
export function linesOf<F extends string>(figure: F, unit: string, results: Results<F>): Row[] {
  return besideLast(
    results.map(({ name, runs }) =>
      rowOf(
        name,
        unit,
        runs.map((run) => run[figure]),
      ),
    ),
  );
}

/** Repeats a piece of work for about `ms` milliseconds and gives how many operations it did per second. */
export function perSecond(ms: number, operations: number, work: () => unknown): number {
  const start = performance.now();
  let done = 0;
  let elapsedMs: number;
  do {
    keep(work());
    done += operations;
    elapsedMs = performance.now() - start;
  } while (elapsedMs < ms);
  return (done * 1000) / elapsedMs;
}

/** Does what `perSecond` does for work that has to be waited for. */
export async function perSecondAsync(ms: number, operations: number, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  let done = 0;
  let elapsedMs: number;
  do {
    keep(await work());
    done += operations;
    elapsedMs = performance.now() - start;
  } while (elapsedMs < ms);
  return (done * 1000) / elapsedMs;
}

let kept: unknown;

/** Uses a result, so that no compiler finds the work useless. */
function keep(result: unknown): void {
  kept = result === kept ? undefined : result;
}

/** Makes a line of its samples; a single one is a count that no run changes. */
export function rowOf(name: string, unit: string, samples: readonly number[]): Row {
  const sorted = samples.toSorted((a, b) => a - b);
  return { name, unit, median: quantile(sorted, 0.5), low: sorted[0]!, high: sorted.at(-1)!, runs: sorted.length };
}

/** Puts all lines beside the last, which is their yardstick. */
export function besideLast(rows: readonly Row[]): Row[] {
  const yardstick = rows.at(-1)!;
  return rows.map((row) => (row === yardstick ? row : { ...row, beside: yardstick }));
}

/** Puts all lines beside the first, from which they grow. */
export function besideFirst(rows: readonly Row[]): Row[] {
  return rows.map((row, at) => (at === 0 ? row : { ...row, beside: rows[0]! }));
}

/** Gives the value below which a share of the sorted samples lies. */
export function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)]!;
  return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at));
}
