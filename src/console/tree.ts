import { codeOf } from "../base/errors.js";
import { CONSOLE_DEPTH_MAX } from "../base/limits.js";
import type { ConsoleContext } from "./console-context.js";
import { clientViews, type ClientView } from "./client-views.js";
import { overview, type LinkView, type Overview } from "./overview.js";

/** A site or proxy below another, as that one sees it. */
export interface ChildView extends Pick<
  ClientView,
  "isDisabled" | "edges" | "sequence" | "seenMs" | "pendingRows" | "pendingMs"
> {
  readonly id: string;
  readonly kind: "site" | "proxy";
  /** The link that this site keeps to a son; a proxy has none. */
  readonly link?: LinkView;
}

/** A site or proxy of the tree, as it sees itself. */
export interface TreeNode extends Omit<Overview, "links" | "problems" | "servers"> {
  /** Its ClientId above, which is its LiveDistSiteId: those above name it so among their children. */
  readonly id: string;
  readonly problems: number;
  /** How many servers the site has; 0 of a proxy. */
  readonly servers: number;
  /** How it is linked to its father; of a proxy, whether it reaches the center. */
  readonly above?: LinkView;
  readonly children: readonly ChildView[];
}

/** What could be learnt of the tree. */
export interface Tree {
  /** In no order: each names its children by their ids. */
  readonly nodes: readonly TreeNode[];
  /** What did not answer. */
  readonly silent: readonly Silent[];
}

/** A site whose console could not be asked. */
export interface Silent {
  /** Who asked. */
  readonly by: string;
  /** Its id, where it is known; otherwise it is above. */
  readonly id?: string;
  /** The code of the error. */
  readonly failure: string;
}

/** Who asks, and how far. */
export interface Asking {
  /** The neighbour's id, or "above": it is not asked back. Absent: a person. */
  readonly asker?: string | undefined;
  /** Over how many links others are asked. */
  readonly depth: number;
}

export const nobody: Asking = { depth: CONSOLE_DEPTH_MAX };

/** Gives this site, and what the consoles of the sites beyond it tell, but for the one that asks. */
export async function tree(context: ConsoleContext, asking = nobody): Promise<Tree> {
  const beyond = await askBeyond<Tree>(context, undefined, asking);
  return {
    nodes: [nodeOf(context), ...beyond.answers.flatMap(({ nodes }) => listOf(nodes))],
    silent: [...beyond.silent, ...beyond.answers.flatMap(({ silent }) => listOf(silent))],
  };
}

/** Asks the neighbours, but for the one that asks, for the tree or for an entity. */
export async function askBeyond<T extends object>(
  { neighbours, name }: ConsoleContext,
  techId: string | undefined,
  { asker, depth }: Asking,
): Promise<{ readonly answers: readonly Partial<T>[]; readonly silent: readonly Silent[] }> {
  if (depth === 0) return { answers: [], silent: [] };
  const asked = neighbours.all.filter(({ id = "above" }) => id !== asker);
  const answers: Partial<T>[] = [];
  const silent: Silent[] = [];
  await Promise.all(
    asked.map(async (neighbour) => {
      const { id } = neighbour;
      try {
        answers.push((await neighbours.ask(neighbour, techId, depth - 1)) as Partial<T>);
      } catch (error) {
        silent.push({ by: name, ...(id !== undefined && { id }), failure: codeOf(error) ?? "Internal" });
      }
    }),
  );
  return { answers, silent };
}

/** Reads a list that another site's console gave. */
export function listOf<T>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [];
}

function nodeOf(context: ConsoleContext): TreeNode {
  const { links, problems, servers, ...rest } = overview(context);
  const above = links.find(({ role }) => role === "father");
  const byId = new Map(clientViews(context).clients.map((client) => [client.clientId, client]));
  const sons = links
    .filter(({ role }) => role === "son")
    .map((link) => child(link.peer, "site", byId.get(link.peer), link));
  const proxies = [...byId.values()]
    .filter(({ kind }) => kind === "proxy")
    .map((client) => child(client.clientId, "proxy", client));
  return {
    ...rest,
    id: context.name,
    problems: problems.length,
    servers: servers.length,
    ...(above && { above }),
    children: [...sons, ...proxies],
  };
}

function child(id: string, kind: ChildView["kind"], client: ClientView | undefined, link?: LinkView): ChildView {
  const { isDisabled = false, edges = 0, sequence, seenMs, pendingRows, pendingMs } = client ?? {};
  return {
    id,
    kind,
    isDisabled,
    edges,
    ...(sequence !== undefined && { sequence }),
    ...(seenMs !== undefined && { seenMs }),
    ...(pendingRows !== undefined && { pendingRows }),
    ...(pendingMs !== undefined && { pendingMs }),
    ...(link && { link }),
  };
}
