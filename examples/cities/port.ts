import { once } from "node:events";
import { createServer } from "node:net";
import { ExampleError } from "./example-error.js";

/** Rejects where somebody listens on the port already: better now than after the import. */
export async function checkPortIsFree(host: string, port: number): Promise<void> {
  const probe = createServer().listen(port, host);
  try {
    await once(probe, "listening");
  } catch {
    throw new ExampleError(
      `port ${port} cannot be had, it is probably in use: choose another one, as npm start -- --port 8081`,
    );
  }
  probe.close();
  await once(probe, "close");
}
