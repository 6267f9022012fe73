import { LiveDistError } from "../base/errors.js";
import { parseSchema, type Schema } from "./schema.js";

/** Gives the text of a schema that was stored under a name, or undefined. */
export type ReadSchemaText = (schemaName: string) => Promise<string | undefined>;

/** The schemas that a process knows, by name; others are read where they are stored, once. */
export class SchemaRegistry {
  readonly own: Schema;
  readonly #readText: ReadSchemaText;
  readonly #byName = new Map<string, Schema>();

  constructor(own: Schema, readText: ReadSchemaText) {
    this.own = own;
    this.#readText = readText;
    this.#byName.set(own.name, own);
  }

  /** Gives a schema that was met before, or undefined. */
  named(schemaName: string): Schema | undefined {
    return this.#byName.get(schemaName);
  }

  /** Gives a schema, reading it where it is stored if need be. Rejects with UnknownSchema where it is not. */
  async load(schemaName: string): Promise<Schema> {
    const known = this.#byName.get(schemaName);
    if (known !== undefined) return known;
    const text = await this.#readText(schemaName);
    if (text === undefined)
      throw new LiveDistError("UnknownSchema", `no schema is stored under the name ${schemaName}`);
    const schema = parseSchema(schemaName, text);
    this.#byName.set(schemaName, schema);
    return schema;
  }
}
