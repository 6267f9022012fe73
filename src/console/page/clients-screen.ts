import type { ClientView, EdgeView } from "../client-views.js";
import { get, post, sentenceOf } from "./api.js";
import { confirm } from "./confirm.js";
import { h, setText } from "./dom.js";
import { formatCount, formatMs, formatTime } from "./format.js";
import { LiveTable } from "./live-table.js";
import type { Screen } from "./screen.js";

/** Shows the rows of LiveDistClients, how each fares, the switch that disables it, and who fetches deltas now. */
export function clientsScreen(): Screen {
  const told = h("p", { class: "notice", role: "status" });
  const total = h("p", { class: "quiet" });
  let canChange = true;
  const clients = new LiveTable<ClientView>({
    caption: "Rows of LiveDistClients",
    empty: "LiveDistClients has no rows: livedist clients add makes one.",
    keyOf: ({ clientId }) => clientId,
    classOf: ({ isDisabled }) => (isDisabled ? "off" : ""),
    columns: [
      { title: "ClientId", text: ({ clientId }) => clientId },
      { title: "Served", fill: (cell, client) => fillSwitch(cell, client, canChange, change) },
      { title: "Bit", isNumber: true, text: ({ bitNumber }) => String(bitNumber) },
      { title: "Kind", text: ({ kind }) => kind },
      { title: "State", fill: fillState },
      { title: "Edges", isNumber: true, text: ({ edges }) => formatCount(edges) },
      { title: "Mode", text: ({ tracking }) => tracking ?? "–" },
      { title: "Topics-slice", wraps: true, text: ({ topicsSlice }) => topicsSlice ?? "–" },
      { title: "Position", isNumber: true, text: ({ sequence }) => formatCount(sequence) },
      { title: "Waiting", isNumber: true, text: ({ pendingRows }) => formatCount(pendingRows) },
      { title: "Lag", isNumber: true, text: ({ pendingMs }) => (pendingMs ? formatMs(pendingMs) : "–") },
      { title: "Registered", isNumber: true, text: ({ registered }) => formatCount(registered) },
      { title: "Synchronized", isNumber: true, text: ({ synchronized }) => formatCount(synchronized) },
    ],
  });
  const edges = new LiveTable<EdgeView & { key: string }>({
    caption: "Streams and waiting polls, those that are furthest behind first",
    empty: "Nobody fetches deltas now.",
    keyOf: ({ key }) => key,
    columns: [
      { title: "ClientId", text: ({ clientId }) => clientId },
      { title: "Mode", text: ({ tracking }) => tracking },
      { title: "By", text: ({ isStream }) => (isStream ? "stream" : "poll") },
      { title: "Topics-slice", wraps: true, text: ({ topicsSlice }) => topicsSlice },
      { title: "Position", isNumber: true, text: ({ sequence }) => formatCount(sequence) },
      { title: "Waiting", isNumber: true, text: ({ pendingRows }) => formatCount(pendingRows) },
      { title: "Lag", isNumber: true, text: ({ pendingMs }) => (pendingMs ? formatMs(pendingMs) : "–") },
      { title: "Since", text: ({ sinceMs }) => formatTime(sinceMs) },
    ],
  });

  async function change({ clientId, isDisabled }: ClientView): Promise<void> {
    const isSure = isDisabled || (await confirmDisabling(clientId));
    if (!isSure) return;
    try {
      await post("clients", { clientId, isDisabled: !isDisabled });
      setText(told, `${clientId} is ${isDisabled ? "enabled" : "disabled"}.`);
      await update();
    } catch (error) {
      setText(told, `${clientId} was not changed. ${sentenceOf(error)}`);
    }
  }

  async function update(): Promise<void> {
    const [rows, feeds] = await Promise.all([
      get<{ canChange: boolean; clients: ClientView[] }>("clients"),
      get<{ total: number; edges: EdgeView[] }>("edges"),
    ]);
    ({ canChange } = rows);
    clients.update(rows.clients);
    edges.update(keyed(feeds.edges));
    const hidden = feeds.total - feeds.edges.length;
    setText(total, hidden > 0 ? `${formatCount(hidden)} more are not shown.` : "");
  }

  const element = h("div", {}, told, clients.element, h("h2", {}, "Edges"), edges.element, total);
  return { title: "Clients", element, update };
}

function confirmDisabling(clientId: string): Promise<boolean> {
  const consequence =
    "Its running requests end now and new ones are refused, in every mode, until it is enabled again. " +
    "A registered client loses its registration and then names what it holds.";
  return confirm(`Disable the client ${clientId}?`, consequence, "Disable");
}

function fillState(cell: HTMLTableCellElement, { isDisabled, edges, seenMs }: ClientView): void {
  const [text, className] = isDisabled
    ? ["disabled", "bad off"]
    : edges > 0
      ? ["connected", "good"]
      : [seenMs === undefined ? "not seen" : `away since ${formatTime(seenMs)}`, "quiet off"];
  const mark = cell.firstElementChild ?? cell.appendChild(h("span"));
  mark.className = `state ${className}`;
  setText(mark, text);
}

const shownClients = new WeakMap<HTMLTableCellElement, ClientView>();

function fillSwitch(
  cell: HTMLTableCellElement,
  client: ClientView,
  canChange: boolean,
  change: (client: ClientView) => Promise<void>,
): void {
  shownClients.set(cell, client);
  let button = cell.querySelector("button");
  if (button === null) {
    button = h("button", { type: "button", role: "switch", "aria-label": `${client.clientId} is served` });
    button.addEventListener("click", () => void change(shownClients.get(cell)!));
    cell.append(button);
  }
  setText(button, client.isDisabled ? "disabled" : "enabled");
  button.setAttribute("aria-checked", String(!client.isDisabled));
  button.disabled = !canChange;
  button.title = canChange ? "" : "A proxy mirrors the clients of its mother: change the table at the center.";
}

/** Gives each edge a name that it keeps: who has the same ClientId, slice and beginning is told apart by its place. */
function keyed(edges: readonly EdgeView[]): (EdgeView & { key: string })[] {
  const counts = new Map<string, number>();
  return edges.map((edge) => {
    const name = `${edge.clientId} ${edge.sinceMs} ${edge.tracking} ${edge.topicsSlice}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return { ...edge, key: `${name} ${count}` };
  });
}
