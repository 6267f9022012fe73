import type { ChildView, Silent, Tree, TreeNode } from "../tree.js";
import { h } from "./dom.js";
import { formatCount, formatMs, formatRate, formatTime } from "./format.js";

/** Draws the tree of sites and proxies as far as it is known; `here` is the site whose console this is. */
export function treeView({ nodes, silent }: Tree, here: string): HTMLElement {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const children = new Set(nodes.flatMap((node) => node.children.map(({ id }) => id)));
  const roots = nodes.filter(({ id }) => !children.has(id));
  const drawn = new Set<string>();

  const nodeItem = (node: TreeNode, as?: ChildView): HTMLElement => {
    drawn.add(node.id);
    const below = node.children.map((child) => {
      const known = byId.get(child.id);
      return known && !drawn.has(child.id) ? nodeItem(known, child) : childItem(child);
    });
    return h("li", {}, nodeBox(node, node.id === here, as), below.length > 0 ? h("ul", {}, ...below) : undefined);
  };

  const rootItem = (node: TreeNode): HTMLElement => {
    const above = silent.find(({ by, id }) => by === node.id && id === undefined);
    return above ? h("li", {}, aboveBox(node, above), h("ul", {}, nodeItem(node))) : nodeItem(node);
  };

  return h("ul", { class: "tree", "aria-label": "Tree of sites and proxies" }, ...roots.map(rootItem));
}

function nodeBox(node: TreeNode, isHere: boolean, as: ChildView | undefined): HTMLElement {
  const isWell =
    node.problems === 0 && node.isConnectedToCenter && (node.above === undefined || node.above.state === "live");
  const state = isWell
    ? "well"
    : node.problems === 0
      ? (node.above?.state ?? "not connected to the center")
      : `${node.problems} ${node.problems === 1 ? "problem" : "problems"}`;
  return h(
    "span",
    { class: isHere ? "node here" : "node", "aria-current": isHere ? "location" : undefined },
    h("strong", {}, node.id),
    h("span", { class: `state ${isWell ? "good" : "bad"}` }, state),
    figures(`${node.kind}${isHere ? ", this one" : ""}`),
    figures(`sequence ${formatCount(node.sequence)}`),
    figures(`${formatRate(node.deltasPerSecond)} deltas/s`),
    figures(`${formatCount(node.entities)} entities`),
    node.servers > 1 ? figures(`${formatCount(node.servers)} servers`) : undefined,
    figures(`${formatCount(node.edges)} ${node.edges === 1 ? "edge" : "edges"}`),
    as && lagOf(as),
  );
}

function childItem(child: ChildView): HTMLElement {
  const { id, kind, isDisabled, edges, seenMs, link } = child;
  const isConnected = edges > 0;
  const state = isDisabled
    ? "disabled"
    : isConnected
      ? "connected"
      : seenMs === undefined
        ? "not seen"
        : `away since ${formatTime(seenMs)}`;
  const linkText =
    link && link.state !== "live" ? `link ${link.state}${link.failure ? ` (${link.failure})` : ""}` : undefined;
  const box = h(
    "span",
    { class: "node" },
    h("strong", {}, id),
    h("span", { class: `state ${isConnected && !isDisabled ? "good" : "bad off"}` }, state),
    figures(kind),
    child.sequence === undefined ? undefined : figures(`took up to ${formatCount(child.sequence)}`),
    lagOf(child),
    linkText === undefined ? undefined : h("span", { class: "warn" }, linkText),
  );
  return h("li", {}, box);
}

function aboveBox({ kind, above, isConnectedToCenter }: TreeNode, { failure }: Silent): HTMLElement {
  const isWell = kind === "site" ? above?.state === "live" : isConnectedToCenter;
  return h(
    "span",
    { class: "node" },
    h("strong", {}, kind === "site" ? "father-site" : "mother"),
    h(
      "span",
      { class: `state ${isWell ? "good" : "bad off"}` },
      kind === "site" ? `link ${above?.state ?? "unknown"}` : isWell ? "connected" : "not reached",
    ),
    figures(`its console does not answer (${failure})`),
  );
}

function lagOf({ pendingRows = 0, pendingMs = 0 }: ChildView): HTMLElement {
  return figures(pendingRows === 0 ? "no lag" : `lag ${formatMs(pendingMs)}, ${formatCount(pendingRows)} waiting`);
}

function figures(text: string): HTMLElement {
  return h("span", { class: "figures" }, text);
}
