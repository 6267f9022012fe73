import { serverPath } from "../src/wire/requests.js";
import { type Child, startChild } from "./child.js";
import { type BenchOptions, inTurns, linesOf, type Table, type Trial } from "./measure.js";
import { PostLoad, preparePost } from "./post-load.js";

/*
 * Goals: what a POST of FetchDeltas costs the server in CPU time, beside the same POST brought to the same code by express, and
 * beside a bare node:http handler that parses the JSON and answers the very same bytes. Connections are kept; each has one POST
 * under way. Every server has a process of its own.
 *
 * Non-goals: time on the clock and the most requests a second, for which the client would have to be as fast as the servers;
 * what waiting for a delta costs (fan-out.ts); databases: what is fetched is in memory.
 */

interface HttpPlan {
  readonly connections: number;
  readonly postsEach: number;
  readonly runs: number;
}

const plans: Record<BenchOptions["size"], HttpPlan> = {
  full: { connections: 32, postsEach: 300, runs: 9 },
  tiny: { connections: 2, postsEach: 2, runs: 1 },
};

const DELTAS = 10;
const TARGET = "what express costs is known, and is not on the way where it is more than a quarter";

interface Kind {
  readonly title: string;
  /** How many of the deltas in the log are behind the position that is fetched from. */
  readonly waiting: number;
}

const kinds: readonly Kind[] = [
  { title: `POST of FetchDeltas, ${DELTAS} deltas waiting`, waiting: DELTAS },
  { title: "POST of FetchDeltas, nothing waiting, answered at once", waiting: 0 },
];

export async function benchHttp({ size, seed }: BenchOptions): Promise<Table[]> {
  const plan = plans[size];
  const children = [0, 1, 2].map(() => startChild("./http-server.js")) as [Child, Child, Child];
  try {
    const [direct, express, plain] = children;
    const [directUrl, expressUrl] = (await Promise.all(
      [direct, express].map((child) => child.call("startLiveDist", { seed, deltas: DELTAS })),
    )) as [string, string];
    const bodies = await Promise.all(kinds.map(({ waiting }) => fetchDeltas(directUrl, waiting)));
    const answers = await Promise.all(bodies.map((body) => answerOf(directUrl, body)));
    const plainUrl = (await plain.call("startPlain", answers)) as string;
    const tables: Table[] = [];
    for (const [index, { title, waiting }] of kinds.entries()) {
      const path = serverPath("1", "delta");
      const body = bodies[index]!;
      const results = await withLoads(
        [
          // A path with a query, however empty, is left to express.
          { name: "LiveDist", child: direct, url: directUrl + path, body },
          {
            name: "LiveDist, by way of express",
            child: express,
            url: `${expressUrl}${path}?`,
            body: await fetchDeltas(expressUrl, waiting),
          },
          { name: "bare node:http", child: plain, url: `${plainUrl}/${index}`, body },
        ],
        plan,
      );
      tables.push({ title, target: TARGET, rows: linesOf("cpu", "µs of CPU", results) });
    }
    return tables;
  } finally {
    await Promise.all(children.map((child) => child.end()));
  }
}

interface Served {
  readonly name: string;
  readonly child: Child;
  readonly url: string;
  readonly body: string;
}

async function withLoads(serveds: readonly Served[], { connections, postsEach, runs }: HttpPlan) {
  const loads = await Promise.all(
    serveds.map(async ({ url, body }) => PostLoad.open(await preparePost(url, body), connections)),
  );
  try {
    const trials = serveds.map(({ name, child }, index) => trial(name, child, loads[index]!));
    return await inTurns(trials, runs);
  } finally {
    for (const load of loads) load.close();
  }

  function trial(name: string, child: Child, load: PostLoad): Trial<"cpu"> {
    return {
      name,
      async run() {
        const before = (await child.call("cpuSeconds")) as number;
        await load.run(postsEach);
        const seconds = ((await child.call("cpuSeconds")) as number) - before;
        return { cpu: (seconds * 1e6) / (connections * postsEach) };
      },
    };
  }
}

/** Makes the body of a request for the last `waiting` deltas of a server's log, once it has read them all. */
async function fetchDeltas(url: string, waiting: number): Promise<string> {
  for (;;) {
    const status = await fetch(url + serverPath("1", "delta"));
    const { epoch, sequence } = (await status.json()) as { epoch: string; sequence: number };
    if (sequence < DELTAS) continue;
    const position = { epoch, sequence: sequence - waiting };
    const client = { clientId: "bench", tracking: "none", topicsSlice: "active" };
    return JSON.stringify({ service: "FetchDeltas", ...client, position, waitMsMax: 0 });
  }
}

/** Gives what LiveDist answers: the headers that are its own, and the body. */
async function answerOf(url: string, body: string): Promise<{ headers: Record<string, string>; body: Uint8Array }> {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(url + serverPath("1", "delta"), { method: "POST", headers, body });
  const own = ["cache-control", "x-content-type-options", "content-type", "content-length"];
  return {
    headers: Object.fromEntries(own.map((name) => [name, answer.headers.get(name)!])),
    body: new Uint8Array(await answer.arrayBuffer()),
  };
}
