import { LiveDistError } from "../base/errors.js";
import { SCHEMAS_MAX } from "../base/limits.js";
import { decodeDeltaBuffer, schemaNameOf } from "../delta/delta-buffer.js";
import type { DeltaObject } from "../delta/delta-object.js";
import { parseSchema, type Schema } from "../delta/schema.js";
import type { IHttpClient } from "../plugs/http-client.js";
import { abortable } from "./abortable.js";

/**
 * Decodes delta-buffers by the schemas that they name; one that is not known yet is asked of the server, once (guide §4.4).
 * Where there is a schema of the application's own, delta-objects come out in its classes.
 */
export class KnownSchemas {
  readonly #client: IHttpClient;
  readonly #own: Schema | undefined;
  readonly #known = new Map<string, Schema>();
  /** Whether what the server calls by the name of the own schema has to be compared with it. */
  #isToCompare: boolean;

  /** `compares`: whether the server may have another schema under the name of the own, as the sites of a tree may. */
  constructor(client: IHttpClient, own: Schema | undefined, compares = false) {
    this.#client = client;
    this.#own = own;
    this.#isToCompare = compares;
  }

  get own(): Schema | undefined {
    return this.#own;
  }

  named(schemaName: string): Schema | undefined {
    return this.#known.get(schemaName);
  }

  /**
   * Decodes a delta-buffer, of the transaction with the sequence-number where one is given; at once where its schema is known.
   * Throws or rejects with DeltaBufferError, with Config where the server has another schema under the name of the own, and as the
   * request for its schema does.
   */
  decode(deltaBuffer: Uint8Array, signal: AbortSignal, sequence?: number): DeltaObject[] | Promise<DeltaObject[]> {
    const schemaName = schemaNameOf(deltaBuffer);
    const isOwn = schemaName === this.#own?.name;
    if (isOwn ? !this.#isToCompare : this.#known.has(schemaName)) return decodeDeltaBuffer(this, deltaBuffer, sequence);
    const known = isOwn ? this.#compare(this.#own, signal) : this.#fetch(schemaName, signal);
    return known.then(() => decodeDeltaBuffer(this, deltaBuffer, sequence));
  }

  async #fetch(schemaName: string, signal: AbortSignal): Promise<void> {
    if (this.#known.size >= SCHEMAS_MAX) {
      throw new LiveDistError(
        "Limit",
        `the server's delta-buffers name more than SCHEMAS_MAX, ${SCHEMAS_MAX}, schemas`,
      );
    }
    this.#known.set(schemaName, parseSchema(schemaName, await this.#ask(schemaName, signal)));
  }

  async #compare(own: Schema, signal: AbortSignal): Promise<void> {
    if ((await this.#ask(own.name, signal)) !== own.text) {
      const schemas = `the schemas of the two sites differ, and both are named ${JSON.stringify(own.name)}`;
      throw new LiveDistError(
        "Config",
        `${schemas}: start the sites with the same one, or give the changed one a new name`,
      );
    }
    this.#isToCompare = false;
  }

  async #ask(schemaName: string, signal: AbortSignal): Promise<string> {
    const { clientId } = this.#client;
    const answer = await abortable(this.#client.json({ service: "ReadSchema", clientId, schemaName }, signal), signal);
    const { schemaName: nameGiven, schemaText } = answer;
    if (nameGiven !== schemaName || typeof schemaText !== "string") {
      throw new LiveDistError("Request", `ReadSchema was not answered with the schema ${schemaName}`);
    }
    return schemaText;
  }
}
