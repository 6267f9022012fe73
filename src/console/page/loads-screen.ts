import type { LoadView } from "../load-views.js";
import { get } from "./api.js";
import { h, setText } from "./dom.js";
import { formatBytes, formatCount, formatMs } from "./format.js";
import { LiveTable } from "./live-table.js";
import type { Screen } from "./screen.js";

/** Shows the loads that are being sent, and how far each is. */
export function loadsScreen(): Screen {
  const loads = new LiveTable<LoadView & { key: string }>({
    caption: "Loads that are being sent",
    empty: "Nothing is being loaded now.",
    keyOf: ({ key }) => key,
    columns: [
      { title: "ClientId", text: ({ clientId }) => clientId },
      { title: "Service", text: ({ service }) => service },
      { title: "Mode", text: ({ tracking }) => tracking },
      { title: "Topics-slice", wraps: true, text: ({ topicsSlice }) => topicsSlice },
      { title: "Snapshot at", isNumber: true, text: ({ sequence }) => formatCount(sequence) },
      { title: "Progress", fill: fillProgress },
      { title: "Bytes", isNumber: true, text: ({ bytes }) => formatBytes(bytes) },
      { title: "Running for", isNumber: true, text: ({ runningMs }) => formatMs(runningMs) },
    ],
  });
  const update = async (): Promise<void> => {
    const answer = await get<{ loads: LoadView[] }>("loads");
    loads.update(answer.loads.map((load, at) => ({ ...load, key: `${load.clientId} ${load.sequence} ${at}` })));
  };
  return { title: "Loads", element: loads.element, update };
}

function fillProgress(cell: HTMLTableCellElement, { entitiesSent, entities }: LoadView): void {
  if (cell.firstElementChild === null) cell.append(h("progress", { "aria-label": "entities sent" }), " ", h("span"));
  const bar = cell.querySelector("progress")!;
  bar.max = Math.max(1, entities);
  bar.value = entitiesSent;
  setText(cell.lastElementChild!, `${formatCount(entitiesSent)} of ${formatCount(entities)}`);
}
