import type { LookRequest } from "../wire/requests.js";

/** What is asked for beside the paths of the servers, by a person's browser or by a tool. */
export interface ConsoleRequest {
  readonly method: "GET" | "POST";
  /** What follows the folder of the servers' paths (guide §7.3), without the query: "console/v1/clients". */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The body of a POST, which said that it is JSON. Not parsed yet. */
  readonly body: string | undefined;
}

export interface ConsoleAnswer {
  readonly contentType: string;
  readonly body: string | Uint8Array;
}

/**
 * Answers what an administrator's browser asks for: the web console (guide §2.7, §7.3). An IHttpServer serves it below the folder
 * of its paths, and lets only administrators have what `isForEveryone` does not name.
 */
export interface IWebConsole {
  /** Tells whether a path shows nothing of the site: the files of which a page is made. */
  isForEveryone(path: string): boolean;
  /** Gives undefined where there is nothing at the path. Rejects with what is answered instead, a LiveDistError. */
  answer(request: ConsoleRequest): Promise<ConsoleAnswer | undefined>;
  /**
   * Tells a site or proxy next to this one of the tree, or of an entity along the links; nothing of an entity that `within`, a
   * topics-slice, does not select. Absent: neighbours are told nothing. Rejects with Permission where who asks is no neighbour.
   */
  look?(request: LookRequest, within: string | undefined): Promise<object>;
  /** Ends what it does by itself. */
  close(): void | Promise<void>;
}
