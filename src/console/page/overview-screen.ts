import type { Overview } from "../overview.js";
import { h } from "./dom.js";
import type { Screen } from "./screen.js";

/** Shows what is wrong. */
export function overviewScreen(): Screen {
  const problems = h("ul", { class: "problems", "aria-label": "Problems" });
  let told = "";
  return {
    title: "Overview",
    element: h("div", {}, problems),
    update(overview: Overview) {
      const text = JSON.stringify(overview.problems);
      if (text === told) return;
      told = text;
      problems.replaceChildren(...(overview.problems.length > 0 ? overview.problems.map(problemItem) : [fine()]));
    },
  };
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
