import { Registry } from "prom-client";
import type { Clock } from "../../base/clock.js";
import { LIVEDIST_VERSION } from "../../base/version.js";
import type { HttpServing } from "../../plugs/http-server.js";
import type { OperatorPage, PageAnswer } from "../../plugs/operator-page.js";
import type { IPermit } from "../../plugs/permit.js";
import type { Reporter } from "../../plugs/reporter.js";
import type { StoreLog } from "../../store/store.js";
import type { LiveDistService } from "../../wire/live-dist-service.js";
import type { CountingLogger } from "./counting-logger.js";
import { registerMetric } from "./metric.js";
import { processMetrics } from "./process-metrics.js";
import type { Readings, StatusReading } from "./readings.js";
import { siteMetrics } from "./site-metrics.js";

/** Milliseconds that the database may take to say where its log ends: whoever asks for metrics does not wait for longer. */
const LOG_BOUNDS_MS_MAX = 2_000;

export interface OperatorPagesOptions {
  readonly service: LiveDistService;
  readonly reporter: Reporter;
  readonly logger: CountingLogger;
  readonly permit: IPermit;
  readonly clock: Clock;
  /** Absent of a proxy. */
  readonly log?: Pick<StoreLog, "bounds"> | undefined;
  /** Gives what carries the requests, once it does. */
  readonly serving: () => HttpServing | undefined;
}

/** Makes the pages for those who run a site: metrics, and health for what watches over processes (docs/operations.md). */
export function operatorPages(options: OperatorPagesOptions): readonly OperatorPage[] {
  return [metricsPage(options), { path: "/healthz", answer: () => json(200, { state: "up" }) }, readyPage(options)];
}

/** Says whether clients may be sent here. It names no client, and is open to everyone, as the servers' own status is. */
function readyPage(options: OperatorPagesOptions): OperatorPage {
  return {
    path: "/readyz",
    answer: () => {
      const reasons = notReady(options);
      return json(reasons.length === 0 ? 200 : 503, { ready: reasons.length === 0, reasons });
    },
  };
}

function notReady({ reporter, service }: Pick<OperatorPagesOptions, "reporter" | "service">): string[] {
  const reasons: string[] = [];
  if (reporter.lastStatus !== "up") reasons.push(reporter.lastStatus);
  if (reporter.conditions.has("LogUnreadable")) reasons.push("LogUnreadable");
  // A proxy has no sequence-number before its first load.
  if (statusOf(service).sequence === undefined) reasons.push("nothing loaded yet");
  return reasons;
}

function metricsPage(options: OperatorPagesOptions): OperatorPage {
  const registry = new Registry();
  let readings: Readings | undefined;
  for (const metric of siteMetrics) registerMetric(metric, () => readings!, registry);
  return {
    path: "/metrics",
    answer: async ({ credentials }) => {
      const nobody = {
        clientId: undefined,
        tracking: undefined,
        topicsSlice: undefined,
        techIdCount: 0,
        isSite: false,
      };
      await options.permit.check({ service: "ReadMetrics", ...nobody, credentials });
      const log = await logBounds(options);
      // Nothing waits between here and the last reading: registries collect in the turn in which they are asked.
      readings = readingsOf(options, log);
      const [ours, process] = await Promise.all([registry.metrics(), processMetrics()]);
      return { status: 200, contentType: registry.contentType, body: `${ours}\n${process}` };
    },
  };
}

function readingsOf(options: OperatorPagesOptions, log: Readings["log"]): Readings {
  const { service, reporter, logger, serving } = options;
  return {
    version: LIVEDIST_VERSION,
    isReady: notReady(options).length === 0,
    status: statusOf(service),
    reporter,
    logCounts: logger.counts,
    carrier: serving()?.readings?.(),
    log,
  };
}

function statusOf(service: LiveDistService): StatusReading {
  return { ...service.status("cache"), ...service.status("delta") };
}

/** Asks the database where its log ends. Its silence is a reading, too. */
async function logBounds({ log, clock }: OperatorPagesOptions): Promise<Readings["log"]> {
  if (log === undefined) return "none";
  let cancel: () => void = () => undefined;
  const silent = new Promise<"unreadable">((resolve) => {
    cancel = clock.after(LOG_BOUNDS_MS_MAX, () => resolve("unreadable"));
  });
  try {
    return await Promise.race([log.bounds(), silent]);
  } catch {
    return "unreadable";
  } finally {
    cancel();
  }
}

function json(status: number, value: object): Promise<PageAnswer> {
  return Promise.resolve({
    status,
    contentType: "application/json; charset=utf-8",
    body: `${JSON.stringify(value)}\n`,
  });
}
