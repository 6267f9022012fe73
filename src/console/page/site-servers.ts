import type { Overview } from "../overview.js";
import { h } from "./dom.js";
import { formatCount, formatMs } from "./format.js";
import { LiveTable } from "./live-table.js";

type Server = Overview["servers"][number];

/** Shows the servers of the site, each with a way to its console; nothing where there is one alone. */
export function siteServers(): { readonly element: HTMLElement; update(overview: Overview): void } {
  const table = new LiveTable<Server>({
    caption: "Each serves the whole site: clients may go to any that is live",
    empty: "",
    keyOf: ({ url }) => url,
    columns: [
      { title: "Server", fill: fillLink },
      { title: "Duty", text: ({ duty, isMaster }) => (isMaster ? `${duty}, master` : duty) },
      { title: "Runs", text: ({ kind }) => (kind === "both" ? "delta and cache" : kind) },
      { title: "Clients", isNumber: true, text: ({ clients }) => formatCount(clients) },
      { title: "Sequence", isNumber: true, text: ({ sequence }) => formatCount(sequence) },
      { title: "Behind", isNumber: true, text: ({ behind }) => formatCount(behind) },
      { title: "Heard", isNumber: true, text: ({ silentMs }) => `${formatMs(silentMs)} ago` },
    ],
  });
  const element = h("section", { hidden: true }, h("h2", {}, "Servers of this site"), table.element);
  return {
    element,
    update({ servers }) {
      element.hidden = servers.length < 2;
      table.update(servers);
    },
  };
}

function fillLink(cell: HTMLTableCellElement, { url, isThis }: Server): void {
  if (cell.firstElementChild) return;
  if (isThis) cell.append(h("strong", {}, url), " (this one)");
  else cell.append(h("a", { href: consoleOf(url) }, url));
}

/** Their consoles are where this one is; what is no address of a page, in whoever's table, leads nowhere. */
function consoleOf(url: string): string | undefined {
  const target = URL.canParse(url) ? new URL(location.pathname, url) : undefined;
  return target && /^https?:$/.test(target.protocol) ? target.href : undefined;
}
