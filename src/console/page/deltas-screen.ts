import type { DeltaView, Tail } from "../delta-views.js";
import { ApiError, get } from "./api.js";
import { h, labelled, setText } from "./dom.js";
import { formatBytes, formatCount, formatMs, formatTime } from "./format.js";
import { LiveTable } from "./live-table.js";
import type { Screen } from "./screen.js";

/** Deltas that stay on the screen. */
const SHOWN_MAX = 500;

type Shown = DeltaView & { readonly key: string };

/** Shows the deltas as the server reads them, the newest first, all or those that concern a slice. */
export function deltasScreen(query: URLSearchParams): Screen {
  let shown: Shown[] = [];
  let after = 0;
  let slice = query.get("slice") ?? "";
  const field = h("input", {
    name: "slice",
    value: slice,
    placeholder: "all, or for instance T2*!T1",
    class: "code",
    spellcheck: "false",
  });
  const pause = h("button", { type: "button", "aria-pressed": "false" }, "Pause");
  const told = h("p", { class: "quiet", role: "status" });
  const wrong = h("p", { class: "error", role: "alert" });
  const form = h(
    "form",
    { class: "line" },
    labelled("Topics-slice", field, "grow"),
    h("button", { class: "main" }, "Filter"),
    pause,
  );
  const table = new LiveTable<Shown>({
    caption: "Deltas, the newest first",
    empty: "No delta has come yet.",
    keyOf: ({ key }) => key,
    classOf: () => "fresh",
    columns: [
      { title: "Sequence", isNumber: true, text: ({ sequence }) => formatCount(sequence) },
      { title: "Time", text: ({ enteredMs }) => formatTime(enteredMs) },
      { title: "Oper", text: ({ oper }) => oper },
      { title: "Delta-class", text: ({ deltaClass }) => deltaClass },
      { title: "Tech-id", fill: fillTechId },
      { title: "Topics", wraps: true, text: topicsText },
      {
        title: "Age",
        isNumber: true,
        text: ({ enteredMs, updateTimeMs }) => formatMs(Math.max(0, enteredMs - updateTimeMs)),
      },
      { title: "Bytes", isNumber: true, text: ({ bytes }) => formatBytes(bytes) },
      { title: "Site", text: ({ site }) => site },
    ],
  });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    slice = field.value.trim();
    after = 0;
    shown = [];
    void update().catch(() => undefined);
  });
  pause.addEventListener("click", () => {
    const isPaused = pause.getAttribute("aria-pressed") === "true";
    pause.setAttribute("aria-pressed", String(!isPaused));
    setText(pause, isPaused ? "Pause" : "Go on");
  });

  async function update(): Promise<void> {
    if (pause.getAttribute("aria-pressed") === "true") return;
    try {
      const tail = await get<Tail>("deltas", { after: String(after), ...(slice !== "" && { slice }) });
      setText(wrong, "");
      // A restored database, and a proxy that loads anew, count from elsewhere.
      if (tail.sequence < after) shown = [];
      after = tail.sequence;
      const fresh = tail.deltas.map((delta, at) => ({ ...delta, key: `${delta.sequence} ${at}` })).reverse();
      shown = [...fresh, ...shown].slice(0, SHOWN_MAX);
      table.update(shown);
      setText(told, tail.skipped > 0 ? `${formatCount(tail.skipped)} older ones were left out.` : "");
    } catch (error) {
      if (!(error instanceof ApiError && error.code === "TopicsSlice")) throw error;
      setText(wrong, error.message);
    }
  }

  return { title: "Deltas", element: h("div", {}, form, wrong, told, table.element), update };
}

function fillTechId(cell: HTMLTableCellElement, { techId }: Shown): void {
  if (cell.firstElementChild === null) {
    cell.append(h("a", { href: `#/why?techId=${techId}`, class: "code", title: "Who holds it, and why" }, techId));
  }
}

function topicsText({ topics, oldTopics }: Shown): string {
  const now = topics.join(" ");
  const before = oldTopics?.join(" ");
  return before === undefined || before === topics.filter((topic) => !topic.startsWith("#")).join(" ")
    ? now
    : `${now} (before: ${before})`;
}
