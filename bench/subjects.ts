import { benchAppend } from "./append.js";
import { benchBurst } from "./burst.js";
import { benchCache } from "./cache.js";
import { benchCodec } from "./codec.js";
import { benchCommitToEdge } from "./commit-to-edge.js";
import { benchDatabases } from "./databases.js";
import { benchEdgeLoad } from "./edge-load.js";
import { benchEventLoop } from "./event-loop.js";
import { benchFanOut } from "./fan-out.js";
import { benchFullLoad } from "./full-load.js";
import { benchGrowth } from "./growth.js";
import { benchHttp } from "./http.js";
import { benchManyEdges } from "./many-edges.js";
import type { BenchOptions, Table } from "./measure.js";
import { benchProxy } from "./proxy.js";
import { benchRegistration } from "./registration.js";
import { benchRegisteredDeltas } from "./registered-deltas.js";
import { benchSiteLoad } from "./site-load.js";
import { benchSlices } from "./slices.js";
import { benchTree } from "./tree.js";

/** What is measured, in the order in which it is printed. */
export const subjects = {
  slices: benchSlices,
  codec: benchCodec,
  registration: benchRegistration,
  "registered-deltas": benchRegisteredDeltas,
  append: benchAppend,
  databases: benchDatabases,
  "commit-to-edge": benchCommitToEdge,
  burst: benchBurst,
  cache: benchCache,
  "full-load": benchFullLoad,
  "edge-load": benchEdgeLoad,
  "fan-out": benchFanOut,
  "many-edges": benchManyEdges,
  "event-loop": benchEventLoop,
  growth: benchGrowth,
  http: benchHttp,
  "site-load": benchSiteLoad,
  proxy: benchProxy,
  tree: benchTree,
} as const satisfies Record<string, (options: BenchOptions) => Promise<Table[]>>;

export type SubjectName = keyof typeof subjects;
