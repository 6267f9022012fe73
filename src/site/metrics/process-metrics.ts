import { collectDefaultMetrics, Registry } from "prom-client";

let registry: Registry | undefined;

/** Gives what Node tells of the process: memory, CPU, event loop. Begins to watch when it is first asked, once for all servers. */
export function processMetrics(): Promise<string> {
  if (registry === undefined) {
    registry = new Registry();
    collectDefaultMetrics({ register: registry });
  }
  return registry.metrics();
}
