import type { ClientView } from "../client-views.js";
import type { ExaminedSlice, Selected } from "../slice-workbench.js";
import { ApiError, get, post, sentenceOf } from "./api.js";
import { facts, h, labelled, setText } from "./dom.js";
import { entityTable } from "./entity-table.js";
import { formatCount } from "./format.js";
import type { Screen } from "./screen.js";

/** Milliseconds after the last key until what was typed is examined. */
const TYPING_MS = 250;

/** Examines a topics-slice as it is typed: its tree, what it selects now, and what changing to it would load and drop. */
export function sliceScreen(query: URLSearchParams): Screen {
  const expression = h("textarea", {
    rows: "2",
    spellcheck: "false",
    "aria-describedby": "slice-error",
    placeholder: "(T2+T3)*!T1",
  });
  expression.value = query.get("expression") ?? "";
  const before = h("input", { class: "code", spellcheck: "false", placeholder: "a slice" });
  const client = h("select", {}, h("option", { value: "" }, "the slice typed beside"));
  const marked = h("pre", { class: "expression code", "aria-hidden": "true" });
  const wrong = h("p", { class: "error", id: "slice-error", role: "alert" });
  const verdict = h("p", { class: "verdict", role: "status" });
  const result = h("div");
  const selected = entityTable("A sample of what it selects now");
  const loads = entityTable("A sample of what would be loaded");
  const drops = entityTable("A sample of what would be dropped");
  const differences = h("div", { class: "columns" }, loads.element, drops.element);
  let typed = 0;

  async function examine(): Promise<void> {
    const now = ++typed;
    const text = expression.value;
    const body = {
      expression: text,
      ...(client.value ? { clientId: client.value } : before.value.trim() && { before: before.value }),
    };
    before.disabled = client.value !== "";
    for (const element of [selected.element, differences]) element.hidden = true;
    if (text.trim() === "") {
      setText(wrong, "");
      setText(verdict, "");
      marked.hidden = true;
      result.replaceChildren(
        h(
          "p",
          { class: "quiet" },
          "* is and, + is or, from left to right; !T after * excludes T; TimeWindow3600 after * counts in loads.",
        ),
      );
      return;
    }
    try {
      const examined = await post<ExaminedSlice>("slice", body);
      if (now !== typed) return;
      setText(wrong, "");
      marked.hidden = true;
      show(examined);
    } catch (error) {
      if (now !== typed) return;
      setText(wrong, sentenceOf(error));
      setText(verdict, "");
      result.replaceChildren();
      showPlace(error, text);
    }
  }

  function show(examined: ExaminedSlice): void {
    const { tree, canonical, topics, excludedTopics, neededTopics, selects, sequence, hasTimeWindow } = examined;
    const { change } = examined;
    const changing = change
      ? ` Changing to it from ${change.before} would load ${entities(change.loads)} and drop ${entities(change.drops)}.`
      : "";
    setText(verdict, `It selects ${entities(selects)} at sequence ${formatCount(sequence)}.${changing}`);
    result.replaceChildren(
      h(
        "div",
        { class: "columns" },
        h("pre", { class: "expression code", "aria-label": "Tree of the expression" }, tree),
        facts([
          ["Written plainly", h("code", {}, canonical)],
          ["Topics", topics.join(" ")],
          ["Excluded", excludedTopics.join(" ") || "none"],
          ["Needs one of", neededTopics.join(" ")],
          ["Time-windows", hasTimeWindow ? "count in loads only" : "none"],
        ]),
      ),
    );
    selected.element.hidden = false;
    selected.update(selects.sample);
    differences.hidden = change === undefined;
    loads.update(change?.loads.sample ?? []);
    drops.update(change?.drops.sample ?? []);
  }

  /** Marks the character at which the expression went wrong. */
  function showPlace(error: unknown, text: string): void {
    marked.hidden = !(error instanceof ApiError) || error.column === undefined;
    if (!(error instanceof ApiError) || error.line === undefined || error.column === undefined) return;
    const lines = text.split("\n");
    const at = lines.slice(0, error.line - 1).reduce((sum, line) => sum + line.length + 1, 0) + error.column - 1;
    const [bad = " "] = text.slice(at);
    marked.replaceChildren(text.slice(0, at), h("mark", {}, bad), text.slice(at + bad.length));
  }

  let waiting: ReturnType<typeof setTimeout> | undefined;
  const later = (): void => {
    clearTimeout(waiting);
    waiting = setTimeout(() => void examine(), TYPING_MS);
  };
  for (const field of [expression, before]) field.addEventListener("input", later);
  client.addEventListener("change", later);
  void fillClients(client);
  void examine();
  const form = h("form", { class: "line" }, labelled("Change from", client), labelled("Slice before", before, "grow"));
  form.addEventListener("submit", (event) => event.preventDefault());
  const element = h(
    "div",
    {},
    labelled("Topics-slice", expression),
    marked,
    wrong,
    form,
    verdict,
    result,
    selected.element,
    differences,
  );
  return { title: "Slice workbench", element };
}

async function fillClients(client: HTMLSelectElement): Promise<void> {
  const { clients } = await get<{ clients: ClientView[] }>("clients").catch(() => ({ clients: [] }));
  for (const { clientId, tracking, topicsSlice } of clients) {
    if (tracking === "registration")
      client.append(h("option", { value: clientId }, `the client ${clientId}: ${topicsSlice ?? ""}`));
  }
}

function entities({ count }: Selected): string {
  return count === 1 ? "1 entity" : `${formatCount(count)} entities`;
}
