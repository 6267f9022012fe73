import { parseArgs } from "node:util";
import type { Logger } from "../../../src/base/logger.js";
import { startLiveDist } from "../../../src/site/start-live-dist.js";
import { schema } from "./cities.js";

// A server of a site, or a proxy, in a process of its own, which may be killed. Says "ready <url>", and "problem <what>" for
// what must not be.
const { values } = parseArgs({ options: { config: { type: "string" } } });
const say = (text: string): boolean => process.stdout.write(`${text}\n`);
process.on("uncaughtExceptionMonitor", (error) => say(`problem it ended: ${error.stack ?? error.message}`));
endWithParent();

const ignore = (): void => undefined;
const logger: Logger = {
  ...{ debug: ignore, info: ignore, warn: ignore },
  error: (fields, message) => void say(`problem ${message}: ${JSON.stringify(fields)}`),
};
const config = JSON.parse(values.config!) as Record<string, string>;
const server = await startLiveDist({ config, schema, logger, environment: {} });
say(`ready ${server.url}`);

/** Whoever kills this process may be killed himself. */
function endWithParent(): void {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && process.exit(), 1_000).unref();
}
