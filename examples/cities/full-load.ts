import { Edge, HttpClient } from "livedist";
import { schema } from "./city.js";
import { CountingClient } from "./counting-client.js";

export const NEWCOMER_CLIENT_ID = "newcomer";

/** What a load brought. */
export interface Loaded {
  readonly cities: number;
  readonly bytes: number;
}

/** Loads a slice as a client that has nothing yet, to see what that takes. */
export async function measureFullLoad(url: string, slice: string): Promise<Loaded> {
  const client = new CountingClient(new HttpClient({ clientId: NEWCOMER_CLIENT_ID, servers: [url] }));
  const edge = new Edge(client, { schema });
  try {
    let cities = 0;
    const load = await edge.fullLoad(slice);
    for await (const batch of load.batches()) cities += batch.length;
    return { cities, bytes: client.answerBytes("FullLoad") };
  } finally {
    await edge.close();
  }
}
