import { Counter, Gauge, type Registry } from "prom-client";

/** One value of a metric, with its labels. */
export interface Sample {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A metric whose values are read when somebody asks for them, from what the server keeps anyway. */
export interface Metric<Readings> {
  /** What follows `livedist_`; that of a counter ends with `_total`. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  /** Gives undefined, or no sample, where the server has no such thing. */
  readonly read: (readings: Readings) => number | readonly Sample[] | undefined;
}

/** Registers a metric; `readings` are those of the moment when it is asked for. */
export function registerMetric<Readings>(
  { name, help, labels = [], read }: Metric<Readings>,
  readings: () => Readings,
  registry: Registry,
): void {
  const isCounter = name.endsWith("_total");
  const options = { name: `livedist_${name}`, help, labelNames: labels, registers: [registry] };
  /** Of a metric without labels, resetting leaves a 0 that nobody has read. */
  const clear = (metric: Counter | Gauge): void => {
    metric.reset();
    if (labels.length === 0) metric.remove();
  };
  const samples = (): readonly Sample[] => samplesOf(read(readings()));
  if (isCounter) {
    new Counter({
      ...options,
      collect() {
        clear(this);
        for (const { labels = {}, value } of samples()) this.inc({ ...labels }, value);
      },
    });
  } else {
    new Gauge({
      ...options,
      collect() {
        clear(this);
        for (const { labels = {}, value } of samples()) this.set({ ...labels }, value);
      },
    });
  }
}

function samplesOf(read: number | readonly Sample[] | undefined): readonly Sample[] {
  return typeof read === "object" ? read : read === undefined ? [] : [{ value: read }];
}
