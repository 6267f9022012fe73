import type { Overview } from "../overview.js";
import { ApiError, get, LostError, sentenceOf } from "./api.js";
import { clientsScreen } from "./clients-screen.js";
import { deltasScreen } from "./deltas-screen.js";
import { h, setText } from "./dom.js";
import { formatCount, formatRate, formatTime } from "./format.js";
import { loadsScreen } from "./loads-screen.js";
import { overviewScreen } from "./overview-screen.js";
import type { MakeScreen, Screen } from "./screen.js";
import { sliceScreen } from "./slice-screen.js";
import { askToken } from "./token.js";
import { whyScreen } from "./why-screen.js";

const UPDATE_MS = 1_000;

const screens: readonly (readonly [path: string, title: string, make: MakeScreen])[] = [
  ["", "Overview", overviewScreen],
  ["clients", "Clients", clientsScreen],
  ["loads", "Loads", loadsScreen],
  ["deltas", "Deltas", deltasScreen],
  ["slice", "Slice", sliceScreen],
  ["why", "Why", whyScreen],
];

const main = document.getElementById("main")!;
const connection = document.getElementById("connection")!;
const strip = document.getElementById("strip")!;
const failure = h("p", { class: "error", role: "alert" });
const links = screens.map(([path, title]) => h("a", { href: `#/${path}` }, title));
document.getElementById("screens")!.append(...links.map((link) => h("li", {}, link)));

let screen: Screen | undefined;
let heardMs = Date.now();

/** Shows the screen that the address names. */
function choose(): void {
  // "#main" is where the skip link leads, not a screen.
  if (location.hash === "#main") return;
  const { pathname, searchParams } = new URL(location.hash.slice(1) || "/", "http://console");
  const at = Math.max(
    0,
    screens.findIndex(([path]) => `/${path}` === pathname),
  );
  const [, title, make] = screens[at]!;
  links.forEach((link, index) => {
    if (index === at) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
  screen = make(searchParams);
  document.title = `${title} – LiveDist console`;
  main.replaceChildren(h("h1", {}, screen.title), failure, screen.element);
  setText(failure, "");
  void update();
}

async function update(): Promise<void> {
  const shown = screen;
  try {
    const overview = await get<Overview>("overview");
    showStrip(overview);
    await shown?.update?.(overview);
    if (shown === screen) setText(failure, "");
    heard();
  } catch (error) {
    if (error instanceof LostError) lost();
    else {
      heard();
      if (shown === screen) setText(failure, sentenceOf(error));
      if (error instanceof ApiError && error.code === "Permission") await askToken(error.message);
    }
  }
}

function heard(): void {
  heardMs = Date.now();
  connection.hidden = true;
  document.body.classList.remove("stale");
}

function lost(): void {
  setText(
    connection,
    `The connection to the server is lost: what is shown is as of ${formatTime(heardMs)}. Trying again.`,
  );
  connection.hidden = false;
  document.body.classList.add("stale");
}

function showStrip({ name, kind, sequence, deltasPerSecond, edges, problems, isConnectedToCenter }: Overview): void {
  setText(document.getElementById("site-name")!, `${kind} ${name}`);
  const values: readonly (readonly [string, string, string?])[] = [
    ["sequence", formatCount(sequence)],
    ["deltas/s", formatRate(deltasPerSecond)],
    ["edges", formatCount(edges)],
    ["center", isConnectedToCenter ? "connected" : "not reached", isConnectedToCenter ? "good" : "bad"],
    ["problems", formatCount(problems.length), problems.length === 0 ? "good" : "bad"],
  ];
  values.forEach(([term, text, className = ""], at) => {
    if (strip.children.length <= at) strip.append(h("div", {}, h("dt", {}, term), h("dd")));
    const value = strip.children[at]!.lastElementChild!;
    setText(value, text);
    value.className = className;
  });
}

async function updateForEver(): Promise<never> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, UPDATE_MS));
    // A page that nobody sees asks for nothing.
    if (!document.hidden) await update();
  }
}

addEventListener("hashchange", () => {
  choose();
  main.focus();
});
document.addEventListener("visibilitychange", () => void (document.hidden || update()));
choose();
void updateForEver();
