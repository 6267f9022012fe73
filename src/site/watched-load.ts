import type { Clock } from "../base/clock.js";
import { LiveDistError } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import type { ICacheNotifier, SnapshotInfo, SnapshotEnd } from "../plugs/cache-notifier.js";
import type { Reporter } from "../plugs/reporter.js";
import { tellPlug } from "../plugs/tell-plug.js";
import { FrameReader, type Head } from "../wire/frames.js";
import type { AnswerPiece, AnswerPieces } from "../wire/live-dist-service.js";
import type { LoadRequest } from "../wire/requests.js";
import type { RunningLoad, RunningLoads } from "./running-loads.js";
import { sliceAfter } from "./subscriptions.js";

export interface LoadWatchers {
  /** Shows the loads that are being sent. */
  readonly loads: RunningLoads;
  readonly notifier: ICacheNotifier;
  readonly reporter: Reporter;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Passes the pieces of a load on, and tells of its beginning and its end (guide §5.4). Between two pieces the application may
 * abort it (guide §5.5): then throws Closed, so that the client loads again later.
 */
export function watchedLoad(
  pieces: AnswerPieces,
  request: LoadRequest,
  signal: AbortSignal,
  watchers: LoadWatchers,
): AnswerPieces {
  const watched = follow(pieces, request, signal, watchers);
  return pieces.ended ? Object.assign(watched, { ended: pieces.ended }) : watched;
}

async function* follow(
  pieces: AnswerPieces,
  request: LoadRequest,
  signal: AbortSignal,
  watchers: LoadWatchers,
): AsyncGenerator<AnswerPiece, void, undefined> {
  let running: RunningSnapshot | undefined;
  // Who stops taking pieces ends the loop without another word.
  let end: Omit<SnapshotEnd, "bytes"> = { how: "abandoned" };
  try {
    for await (const piece of pieces) {
      running?.checkGoesOn();
      running ??= new RunningSnapshot(request, headOf(piece), watchers, pieces.progress);
      running.give(piece);
      yield piece;
    }
    end = { how: "complete" };
  } catch (error) {
    if (!signal.aborted) end = { how: "failed", error };
    throw error;
  } finally {
    running?.end(end);
  }
}

/** A load between its first and its last piece. */
class RunningSnapshot implements RunningLoad {
  readonly snapshot: SnapshotInfo;
  readonly begunMs: number;
  readonly #watchers: LoadWatchers;
  readonly #progress: AnswerPieces["progress"];
  readonly #takeOut: () => void;
  #bytes = 0;

  constructor(
    request: LoadRequest,
    { sequence, count = 0 }: Head,
    watchers: LoadWatchers,
    progress: AnswerPieces["progress"],
  ) {
    const { clientId, tracking, service } = request;
    const { notifier, reporter, clock, logger, loads } = watchers;
    this.#watchers = watchers;
    this.#progress = progress;
    this.begunMs = clock.now();
    this.snapshot = { clientId, tracking, service, topicsSlice: sliceAfter(request), sequence, entities: count };
    reporter.count("snapshots");
    reporter.count("runningSnapshots");
    tellPlug(logger, () => notifier.snapshotBegun(this.snapshot));
    this.#takeOut = loads.add(this);
  }

  get bytes(): number {
    return this.#bytes;
  }

  get entitiesSent(): number {
    return this.#progress?.entities ?? 0;
  }

  give(piece: AnswerPiece): void {
    for (const { length } of piece) this.#bytes += length;
  }

  /** Throws Closed where the application wants the load to end. */
  checkGoesOn(): void {
    const { reporter, clock } = this.#watchers;
    const progress = { snapshot: this.snapshot, bytes: this.#bytes, runningMs: clock.now() - this.begunMs };
    if (!reporter.shouldAbort(progress)) return;
    reporter.event("SnapshotAborted", { ...progress });
    throw new LiveDistError("Closed", "the server has ended this load before its end: load again later");
  }

  end(end: Omit<SnapshotEnd, "bytes">): void {
    const { notifier, reporter, logger } = this.#watchers;
    this.#takeOut();
    reporter.count("runningSnapshots", -1);
    reporter.count("snapshotBytes", this.#bytes);
    tellPlug(logger, () => notifier.snapshotEnded(this.snapshot, { ...end, bytes: this.#bytes }));
  }
}

/** Reads the HEAD with which the first piece begins. */
function headOf([bytes]: AnswerPiece): Head {
  const [first] = new FrameReader().push(bytes!);
  if (first?.kind === "HEAD") return first.head;
  throw new LiveDistError("Internal", "a load does not begin with a HEAD");
}
