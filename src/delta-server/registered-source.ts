import type { FeedSource } from "./feed-source.js";
import type { OldRows } from "./old-rows.js";
import type { Registration } from "./registration.js";
import type { Sessions } from "./sessions.js";
import type { StreamEntry } from "./stream-entries.js";

/** One session's view of its client's registration: it ends with the registration, and when a newer session appears. */
export class RegisteredSource implements FeedSource {
  readonly #registration: Registration;
  readonly #sessions: Sessions;
  readonly #session: number;
  readonly #ended = new AbortController();
  readonly #forget: () => void;

  constructor(registration: Registration, sessions: Sessions, session: number) {
    this.#registration = registration;
    this.#sessions = sessions;
    this.#session = session;
    this.#forget = registration.onRecheck(() => this.#recheck());
  }

  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  check(): void {
    this.#registration.check();
    this.#sessions.use(this.#registration.clientId, this.#session);
  }

  reachesBackTo(position: number): boolean {
    return this.#registration.reachesBackTo(position);
  }

  after(position: number): readonly StreamEntry[] {
    return this.#registration.after(position);
  }

  /** What was decided on rows that have left the window is forgotten. */
  readOlder(position: number): Promise<OldRows> {
    return Promise.reject(this.#registration.tooOld(position));
  }

  onWake(callback: () => void): () => void {
    return this.#registration.onWake(callback);
  }

  leave(): void {
    // What the client is given is kept for its next feed.
    this.#forget();
  }

  #recheck(): void {
    try {
      this.check();
    } catch (error) {
      this.#ended.abort(error);
    }
  }
}
