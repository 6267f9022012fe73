import { LiveDistError } from "../../base/errors.js";
import type { Store } from "../../store/store.js";

/** What all servers of one site have to agree about, by name. */
export type AgreedConfig = Readonly<Record<string, string>>;

/** Names what an operator reads of in the message. */
const keys: Readonly<Record<string, string>> = {
  instance: "LiveDistApplicationSuffix",
  site: "LiveDistSiteId",
  schema: "the schema-name",
};

/**
 * Checks what a server is to run with against the servers that run already: what is established counts. A schema that was stored
 * later than theirs is taken over by and by, server by server, as applications are; one that was stored before would bring
 * an older application back. Rejects with Config, naming what contradicts and the server that it contradicts.
 */
export async function checkAgreed(store: Store, own: AgreedConfig, silentMsMax: number): Promise<void> {
  const { rows } = await store.servers.list();
  const running = rows.filter(({ silentMs }) => silentMs < silentMsMax);
  const schemas = (await store.schemas.list()).map(({ name }) => name);
  for (const { url, agreed } of running) {
    for (const [name, established] of Object.entries(readAgreed(agreed))) {
      const ours = own[name];
      // What only one of both has is new, and contradicts nothing.
      if (ours === undefined || ours === established) continue;
      if (name === "schema" && schemas.indexOf(ours) > schemas.indexOf(established)) continue;
      const what = `${keys[name] ?? name} is ${JSON.stringify(ours)} here and ${JSON.stringify(established)} at ${url}`;
      throw new LiveDistError(
        "Config",
        `${what}, which runs on the same tables: correct it, or stop the servers that run before`,
      );
    }
  }
}

function readAgreed(text: string): AgreedConfig {
  try {
    const value: unknown = JSON.parse(text);
    const entries = Object.entries(value ?? {});
    return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
  } catch {
    // Written by hand, or by a version to come: it contradicts nothing that is known here.
    return {};
  }
}
