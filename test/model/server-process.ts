import { parseArgs } from "node:util";
import type { Logger } from "../../src/base/logger.js";
import { decodeDeltaBuffer, encodeDeltaBuffer } from "../../src/delta/delta-buffer.js";
import { valueTypes } from "../../src/delta/field-types.js";
import { startLiveDist } from "../../src/site/start-live-dist.js";
import { Entities } from "../../src/entities/entities.js";
import { openStore } from "../../src/store/open-store.js";
import { schema, topicsOf } from "./classes.js";

// A LiveDist server in a process of its own, for the tests: see other-server.ts. Says "ready <url>", and "problem <what>" for
// everything that it would warn of.
const { values } = parseArgs({
  options: {
    file: { type: "string" },
    port: { type: "string" },
    entities: { type: "boolean" },
    opaque: { type: "boolean" },
  },
});
const say = (text: string): boolean => process.stdout.write(`${text}\n`);
const tell = (fields: Record<string, unknown>, message: string): void => {
  const { error } = fields;
  say(`problem ${message}: ${error instanceof Error ? error.message : JSON.stringify(fields)}`);
};
const logger: Logger = { debug: () => undefined, info: () => undefined, warn: tell, error: tell };

if (values.opaque) forbidDecoding();
const store = await openStore(`sqlite:${values.file!}`, { synchronous: "normal", logger });
const server = await startLiveDist({
  config: { LiveDistPort: values.port!, LiveDistPollMs: "50", LiveDistLogInMemoryBytesMax: "20000" },
  schema,
  store,
  logger,
  environment: {},
  ...(values.entities && { reader: new Entities(store, schema, { topicsOf }) }),
});
say(`ready ${server.url}`);

/** From here on no value of any field can be read in this process. */
function forbidDecoding(): void {
  for (const type of Object.values(valueTypes)) {
    (type as { read: unknown }).read = () => {
      throw new TypeError(`a ${type.kind} was decoded in the server`);
    };
  }
  const party = schema.classNamed("Party")!;
  const delta = party.delta({
    oper: "CREATE",
    techId: "00000000-0000-4000-8000-000000000000",
    updateTime: new Date(0),
    fields: { name: "a" },
  });
  try {
    decodeDeltaBuffer(schema, encodeDeltaBuffer(schema, [delta]));
    say("problem values can still be decoded");
  } catch {
    say("opaque");
  }
}
