import type { EntityView } from "../entity-view.js";
import { h } from "./dom.js";
import { formatCount, formatTime } from "./format.js";
import { LiveTable } from "./live-table.js";

/** Makes a table of entities. */
export function entityTable(caption: string): LiveTable<EntityView> {
  return new LiveTable<EntityView>({
    caption,
    empty: "None.",
    keyOf: ({ techId }) => techId,
    columns: [
      { title: "Delta-class", text: ({ deltaClass }) => deltaClass },
      {
        title: "Tech-id",
        fill: (cell, { techId }) =>
          cell.firstElementChild ?? cell.append(h("a", { href: `#/why?techId=${techId}`, class: "code" }, techId)),
      },
      { title: "Topics", wraps: true, text: ({ topics }) => topics.join(" ") },
      { title: "Updated", text: ({ updateTimeMs }) => formatTime(updateTimeMs) },
      { title: "Changed at", isNumber: true, text: ({ changeSequence }) => formatCount(changeSequence) },
    ],
  });
}
