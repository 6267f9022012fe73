import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Clock } from "../../base/clock.js";
import { LiveDistError } from "../../base/errors.js";
import { PERMIT_REREAD_MS } from "../../base/limits.js";
import type { Logger } from "../../base/logger.js";
import type { IPermit, Permitted, PermitRequest } from "../../plugs/permit.js";
import { parsePermit } from "./parse-permit.js";
import type { StaticKey, TokenPermit } from "./token-permit.js";

/** One content of the file. */
interface Content {
  readonly text: string;
  readonly permit: TokenPermit;
  /** What is said of each key, by its hash; and of tokens, by "": everything but the keys. */
  readonly said: ReadonlyMap<string, string>;
}

/**
 * The permit that a file describes (LiveDistPermitFile; docs/security.md), as it is now: a new content is read within PERMIT_REREAD_MS
 * milliseconds, and ends what runs with a key of which it says something else, or nothing. One that cannot be used is logged,
 * and the one before stays.
 */
export class PermitFile implements IPermit {
  readonly #path: string;
  readonly #clock: Clock;
  #content: Content;
  /** The text that could not be used, so that it is told once. */
  #refused: string | undefined;
  readonly #ends = new Map<string, AbortController>();
  #cancel: () => void = () => undefined;
  #isStopped = false;

  private constructor(path: string, clock: Clock, content: Content) {
    this.#path = path;
    this.#clock = clock;
    this.#content = content;
  }

  /** Reads the file. Rejects with Config where it cannot be read, or holds anything else. */
  static async read(path: string, clock: Clock): Promise<PermitFile> {
    return new PermitFile(path, clock, contentOf(await readText(path), clock));
  }

  async check(request: PermitRequest): Promise<Permitted> {
    // Before the permit is asked: a content that comes meanwhile ends it.
    const ended = this.#endOf(request.credentials);
    return { ...(await this.#content.permit.check(request)), ended };
  }

  admit(credentials: string): Promise<void> {
    return this.#content.permit.admit(credentials);
  }

  /** Looks every PERMIT_REREAD_MS milliseconds whether the file has changed, until `stop`. */
  keepCurrent(logger: Logger): void {
    if (this.#isStopped) return;
    this.#cancel = this.#clock.after(PERMIT_REREAD_MS, () => {
      void this.#look(logger).finally(() => this.keepCurrent(logger));
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  /** Never rejects. */
  async #look(logger: Logger): Promise<void> {
    let text: string | undefined;
    try {
      text = await readText(this.#path);
      if (text === this.#content.text || text === this.#refused) return;
      this.#renew(contentOf(text, this.#clock));
      this.#refused = undefined;
      logger.info({ keys: this.#content.said.size - 1 }, "the permit file has changed, and is in force");
    } catch (error) {
      // A file that is away is told once, too.
      if (this.#refused === (text ?? "")) return;
      this.#refused = text ?? "";
      logger.error({ err: error }, "the permit file cannot be used; what was read before stays in force");
    }
  }

  #renew(content: Content): void {
    const before = this.#content;
    this.#content = content;
    for (const [key, end] of this.#ends) {
      if (content.said.get(key) === before.said.get(key)) continue;
      this.#ends.delete(key);
      end.abort();
    }
  }

  /** Gives what aborts when something else is said of who shows this. */
  #endOf(credentials: string | undefined): AbortSignal {
    const hash = createHash("sha256")
      .update(credentials ?? "")
      .digest("hex");
    const key = this.#content.said.has(hash) ? hash : "";
    const end = this.#ends.get(key) ?? new AbortController();
    this.#ends.set(key, end);
    return end.signal;
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code = "unknown error" } = error as NodeJS.ErrnoException;
    throw new LiveDistError("Config", `the permit file (LiveDistPermitFile) cannot be read: ${code}`);
  }
}

function contentOf(text: string, clock: Clock): Content {
  const permit = parsePermit(text, clock);
  const { keys = [], ...tokens } = JSON.parse(text) as { readonly keys?: readonly StaticKey[] };
  const { classifications } = tokens as { readonly classifications?: unknown };
  const said = keys.map((key) => [key.sha256.toLowerCase(), JSON.stringify({ key, classifications })] as const);
  return { text, permit, said: new Map([["", JSON.stringify(tokens)], ...said]) };
}
