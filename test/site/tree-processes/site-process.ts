import { parseArgs } from "node:util";
import { systemClock, type Clock } from "../../../src/base/clock.js";
import type { Logger } from "../../../src/base/logger.js";
import { startSite } from "../../../src/site/start-site.js";
import { openStore } from "../../../src/store/open-store.js";
import { schema, type SiteId, topicsOf } from "./shop.js";
import { Writer } from "./writer.js";

// A site of a tree in a process of its own: see tree-site.ts. Says "ready <url>", "wrote <tech-id> <count>" behind each
// transaction of its writers, and "problem <what>" for what must not be.
const { values } = parseArgs({
  options: {
    site: { type: "string" },
    file: { type: "string" },
    config: { type: "string" },
    ahead: { type: "string" },
    writers: { type: "string" },
    seed: { type: "string" },
  },
});
const say = (text: string): boolean => process.stdout.write(`${text}\n`);
process.on("uncaughtExceptionMonitor", (error) => say(`problem it ended: ${error.stack ?? error.message}`));
endWithParent();

const ignore = (): void => undefined;
const logger: Logger = {
  ...{ debug: ignore, info: ignore, warn: ignore },
  error: (fields, message) => void say(`problem ${message}: ${textOf(fields)}`),
};
const clock: Clock = { ...systemClock, now: () => Date.now() + Number(values.ahead) };
const store = await openStore(`sqlite:${values.file!}`, { synchronous: "normal", clock });
const config = JSON.parse(values.config!) as Record<string, string>;
const site = await startSite({ config, schema, topicsOf, store, clock, logger, environment: {} });
say(`ready ${site.server.url}`);
for (let number = 0; number < Number(values.writers); number++)
  void new Writer(site.entities, values.site as SiteId, Number(values.seed) + number, say).write();

/** Whoever kills this process may be killed himself. */
function endWithParent(): void {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && process.exit(), 1_000).unref();
}

function textOf(fields: object): string {
  const { error, err } = fields as { error?: unknown; err?: unknown };
  const cause = error ?? err;
  return cause instanceof Error ? cause.message : JSON.stringify(fields);
}
