import type { Overview } from "../overview.js";
import type { Tree } from "../tree.js";
import { get, LostError, sentenceOf } from "./api.js";
import { charts } from "./charts.js";
import { facts, h } from "./dom.js";
import { formatBytes, formatCount } from "./format.js";
import type { Screen } from "./screen.js";
import { siteServers } from "./site-servers.js";
import { treeView } from "./tree-view.js";

/** Shows what is wrong, the tree of sites and proxies, the charts, and what this server holds. */
export function overviewScreen(): Screen {
  const problems = h("ul", { class: "problems", "aria-label": "Problems" });
  const tree = h("div");
  const held = h("div");
  const servers = siteServers();
  const drawn = charts();
  let told = "";
  let isAsking = false;

  function showProblems(overview: Overview): void {
    const text = JSON.stringify(overview.problems.map(({ what }) => what));
    if (text === told) return;
    told = text;
    problems.replaceChildren(...(overview.problems.length > 0 ? overview.problems.map(problemItem) : [fine()]));
  }

  /** A site that does not answer takes its time; the rest of the screen does not wait for it. */
  async function askTree(name: string): Promise<void> {
    if (isAsking) return;
    isAsking = true;
    try {
      tree.replaceChildren(treeView(await get<Tree>("tree"), name));
    } catch (error) {
      if (!(error instanceof LostError)) tree.replaceChildren(h("p", { class: "error" }, sentenceOf(error)));
    } finally {
      isAsking = false;
    }
  }

  const element = h(
    "div",
    {},
    problems,
    h("h2", {}, "Sites and proxies"),
    tree,
    servers.element,
    h("h2", {}, "The last five minutes"),
    drawn.element,
    h("h2", {}, "This server"),
    held,
  );
  return {
    title: "Overview",
    element,
    async update(overview: Overview) {
      showProblems(overview);
      held.replaceChildren(heldFacts(overview));
      servers.update(overview);
      void askTree(overview.name);
      await drawn.update();
    },
  };
}

function heldFacts({
  epoch,
  sequence,
  windowFrom,
  windowBytes,
  entities,
  entityBytes,
  schemaName,
  clients,
  disabledClients,
  loads,
}: Overview): HTMLElement {
  return facts([
    ["Log", `sequence ${formatCount(sequence)}, epoch ${epoch ?? "–"}`],
    ["In memory of it", `from ${formatCount(windowFrom)} on, ${formatBytes(windowBytes)}`],
    ["Cache", `${formatCount(entities)} entities, ${formatBytes(entityBytes)}`],
    ["Schema", schemaName ?? "–"],
    ["Clients", `${formatCount(clients)}, of which ${formatCount(disabledClients)} disabled`],
    ["Loads being sent", formatCount(loads)],
  ]);
}

function problemItem({ severity, what, remedy }: Overview["problems"][number]): HTMLElement {
  return h(
    "li",
    { class: severity === "error" ? "severe" : "" },
    h("p", {}, h("strong", {}, what)),
    h("p", {}, remedy),
  );
}

function fine(): HTMLElement {
  return h("li", { class: "fine" }, h("p", { class: "good" }, "Nothing is wrong that this server knows of."));
}
