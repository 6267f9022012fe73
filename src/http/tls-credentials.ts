import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Server } from "node:https";
import { createSecureContext } from "node:tls";
import type { Clock } from "../base/clock.js";
import { LiveDistError } from "../base/errors.js";
import { TLS_REREAD_MS } from "../base/limits.js";
import type { Logger } from "../base/logger.js";
import type { TlsFiles } from "../plugs/http-server.js";

/** A certificate with its key, as PEM. */
export interface TlsPair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** The certificate of a server, from files that somebody else renews. */
export class TlsCredentials {
  readonly #files: TlsFiles;
  #pair: TlsPair;
  #cancel: () => void = () => undefined;

  private constructor(files: TlsFiles, pair: TlsPair) {
    this.#files = files;
    this.#pair = pair;
  }

  /** Reads the files. Rejects with Config where they cannot be read or do not belong together. */
  static async read(files: TlsFiles): Promise<TlsCredentials> {
    return new TlsCredentials(files, await readPair(files));
  }

  get pair(): TlsPair {
    return this.#pair;
  }

  /** When the certificate ends, ms since 1970. */
  get endsMs(): number {
    return Date.parse(new X509Certificate(this.#pair.cert).validTo);
  }

  /** Looks every TLS_REREAD_MS milliseconds whether the files have changed, and gives the server what they hold then. */
  keepCurrent(server: Pick<Server, "setSecureContext">, clock: Clock, logger: Logger): void {
    this.#cancel = clock.after(TLS_REREAD_MS, () => {
      this.#renew(server, logger)
        .catch((error: unknown) => logger.error({ err: error }, "the certificate cannot be read; the one before stays"))
        .finally(() => this.keepCurrent(server, clock, logger));
    });
  }

  stop(): void {
    this.#cancel();
    this.keepCurrent = () => undefined;
  }

  async #renew(server: Pick<Server, "setSecureContext">, logger: Logger): Promise<void> {
    const pair = await readPair(this.#files);
    if (pair.cert.equals(this.#pair.cert) && pair.key.equals(this.#pair.key)) return;
    server.setSecureContext({ ...pair });
    this.#pair = pair;
    logger.info({ endsMs: this.endsMs }, "the server has a new certificate");
  }
}

async function readPair({ certFile, keyFile }: TlsFiles): Promise<TlsPair> {
  try {
    const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
    createSecureContext({ cert, key });
    return { cert, key };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const keys = "LiveDistTlsCertFile, LiveDistTlsKeyFile";
    throw new LiveDistError("Config", `the certificate cannot be used (${keys}): ${reason}`, { cause: error });
  }
}
