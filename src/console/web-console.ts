import { LiveDistError } from "../base/errors.js";
import type { IWebConsole, ConsoleAnswer, ConsoleRequest } from "../plugs/web-console.js";
import type { ServedSite } from "../site/served-site.js";
import type { LookRequest } from "../wire/requests.js";
import { apiRoutes } from "./api-routes.js";
import { ConsoleContext } from "./console-context.js";
import { look } from "./look.js";
import { isPageFile, readPageFile } from "./page-files.js";

/** What stands before the paths of the console's API; a change that a page of before would not understand makes it v2. */
const API = "console/v1/";

/** The web console of a site or proxy: the files of the page, and the JSON API that it lives on (docs/console.md). */
export class WebConsole implements IWebConsole {
  readonly #context: ConsoleContext;

  constructor(site: ServedSite) {
    this.#context = new ConsoleContext(site);
  }

  isForEveryone(path: string): boolean {
    return isPageFile(path);
  }

  async answer(request: ConsoleRequest): Promise<ConsoleAnswer | undefined> {
    const { method, path } = request;
    if (!path.startsWith(API)) return method === "GET" ? readPageFile(path) : undefined;
    const route = apiRoutes.get(`${method} ${path.slice(API.length)}`);
    if (route === undefined) return undefined;
    const value = await route(this.#context, { query: request.query, body: parseBody(request.body) });
    return { contentType: "application/json; charset=utf-8", body: JSON.stringify(value) };
  }

  look(request: LookRequest, within: string | undefined): Promise<object> {
    return look(this.#context, request, within);
  }

  close(): Promise<void> {
    return this.#context.close();
  }
}

/** Makes the pages of a site: what the option `webConsole` takes. */
export function webConsole(site: ServedSite): WebConsole {
  return new WebConsole(site);
}

function parseBody(body: string | undefined): unknown {
  if (body === undefined) return undefined;
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new LiveDistError("Request", "the body must be JSON", { cause: error });
  }
}
