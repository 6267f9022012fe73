import { LiveDistError } from "../base/errors.js";
import { REQUESTS_MAX } from "../base/limits.js";
import { fullError } from "./http-error.js";

/** The requests and streams that a server is serving, so that closing can end them. */
export class RunningWorks {
  readonly #works = new Set<AbortController>();
  readonly #ended: Promise<void>;
  #tellEnded!: () => void;
  #closed: LiveDistError | undefined;

  readonly #worksMax: number;

  constructor(worksMax = REQUESTS_MAX) {
    this.#worksMax = worksMax;
    this.#ended = new Promise((resolve) => (this.#tellEnded = resolve));
  }

  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /** How many run. */
  get count(): number {
    return this.#works.size;
  }

  /** Begins a work, which `end` has to follow. Its signal aborts at `close`. Throws Closed after that, Limit where too many run. */
  begin(): AbortController {
    this.checkRoom();
    const work = new AbortController();
    this.#works.add(work);
    return work;
  }

  end(work: AbortController): void {
    this.#works.delete(work);
    if (this.#closed && this.#works.size === 0) this.#tellEnded();
  }

  /** Throws what `begin` would throw now. */
  checkRoom(): void {
    if (this.#closed) throw this.#closed;
    if (this.#works.size >= this.#worksMax) throw fullError(`${this.#worksMax} requests run already (REQUESTS_MAX)`);
  }

  /** Aborts every work with the code Closed; resolves when the last one has ended. */
  close(): Promise<void> {
    this.#closed ??= new LiveDistError("Closed", "the server is closing");
    for (const work of [...this.#works]) work.abort(this.#closed);
    if (this.#works.size === 0) this.#tellEnded();
    return this.#ended;
  }
}
