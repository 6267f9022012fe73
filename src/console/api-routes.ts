import { changeClient, clientViews, edgeViews } from "./client-views.js";
import type { ConsoleContext } from "./console-context.js";
import { tail } from "./delta-views.js";
import { entityPath } from "./entity-path.js";
import { holders } from "./holders.js";
import { loadViews } from "./load-views.js";
import { overview } from "./overview.js";
import { type ApiRequest, neededText, numberOf } from "./read-query.js";
import { examineSlice } from "./slice-workbench.js";
import { tree } from "./tree.js";
import { why } from "./why.js";

/** Makes the answer of one path of the API. Throws or rejects with what is answered instead. */
export type ApiRoute = (context: ConsoleContext, request: ApiRequest) => object | Promise<object>;

/** The console's API by method and path, below console/v1/ (docs/console.md). */
export const apiRoutes: ReadonlyMap<string, ApiRoute> = new Map<string, ApiRoute>([
  ["GET overview", overview],
  ["GET clients", clientViews],
  ["POST clients", changeClient],
  ["GET edges", edgeViews],
  ["GET loads", loadViews],
  ["GET deltas", tail],
  ["POST slice", examineSlice],
  ["GET why", why],
  ["GET holders", holders],
  ["GET tree", (context) => tree(context)],
  ["GET entity", (context, request) => entityPath(context, neededText(request, "techId"))],
  ["GET history", ({ history }, request) => ({ samples: history.after(numberOf(request, "after", 0)) })],
]);
