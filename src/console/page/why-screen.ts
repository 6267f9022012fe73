import type { ClientView } from "../client-views.js";
import type { DecisionView, StandingView } from "../decision-view.js";
import type { EntityPath, EntityPlace } from "../entity-path.js";
import type { HolderView } from "../holders.js";
import type { Why } from "../why.js";
import { get, sentenceOf } from "./api.js";
import { facts, h, labelled, setText } from "./dom.js";
import { formatCount, formatTime } from "./format.js";
import { LiveTable } from "./live-table.js";
import type { Screen } from "./screen.js";

/** What is read out of an answer, and what is shown below. */
interface Explained {
  readonly said: string;
  readonly parts: readonly HTMLElement[];
}

/** Explains why a client holds an entity or does not, and where along the links its latest version is. */
export function whyScreen(query: URLSearchParams): Screen {
  const techId = h("input", {
    class: "code",
    size: "38",
    spellcheck: "false",
    value: query.get("techId") ?? "",
    placeholder: "6f9619ff-8b86-d011-b42d-00c04fc964ff",
  });
  const client = h("select", {}, h("option", { value: "" }, "every client"));
  const slice = h("input", { class: "code", spellcheck: "false", placeholder: "its own" });
  const form = h(
    "form",
    { class: "line" },
    labelled("Tech-id", techId),
    labelled("Client", client),
    labelled("Topics-slice, to ask about another one", slice, "grow"),
    h("button", { class: "main" }, "Explain"),
  );
  const wrong = h("p", { class: "error", role: "alert" });
  const verdict = h("p", { class: "verdict", role: "status" });
  const result = h("div");

  async function explain(): Promise<void> {
    setText(wrong, "");
    if (techId.value.trim() === "") return;
    const asked = { techId: techId.value.trim() };
    try {
      const path = get<EntityPath>("entity", asked);
      // What is wrong with the question is told by the first of the answers.
      path.catch(() => undefined);
      const { said, parts } = client.value ? await explainOne(asked) : await explainAll(asked);
      const along = pathParts(await path);
      setText(verdict, said);
      result.replaceChildren(...parts, ...along);
    } catch (error) {
      setText(wrong, sentenceOf(error));
      setText(verdict, "");
      result.replaceChildren();
    }
  }

  async function explainOne(asked: { readonly techId: string }): Promise<Explained> {
    const another = slice.value.trim() && { slice: slice.value };
    const why = await get<Why>("why", { ...asked, client: client.value, ...another });
    return { said: why.verdict, parts: whyParts(why) };
  }

  async function explainAll(asked: { readonly techId: string }): Promise<Explained> {
    const { clients } = await get<{ clients: HolderView[] }>("holders", asked);
    const count = clients.length === 1 ? "1 client" : `${formatCount(clients.length)} clients`;
    return {
      said: `${count}: choose one to see why it holds the entity or does not.`,
      parts: holderParts(clients, ask),
    };
  }

  function ask(clientId: string): void {
    client.value = clientId;
    void explain();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void explain();
  });
  void fillClients(client, query.get("client")).then(explain);
  return { title: "Why", element: h("div", {}, form, wrong, verdict, result) };
}

async function fillClients(client: HTMLSelectElement, chosen: string | null): Promise<void> {
  const { clients } = await get<{ clients: ClientView[] }>("clients").catch(() => ({ clients: [] }));
  for (const { clientId } of clients) client.append(h("option", { value: clientId }, clientId));
  if (chosen !== null) client.value = chosen;
}

function holderParts(clients: readonly HolderView[], ask: (clientId: string) => void): HTMLElement[] {
  const table = new LiveTable<HolderView>({
    caption: "How each client stands to it",
    empty: "LiveDistClients has no rows.",
    keyOf: ({ clientId }) => clientId,
    columns: [
      {
        title: "Client",
        fill: (cell, { clientId }) => {
          const button = h("button", { type: "button" }, clientId);
          button.addEventListener("click", () => ask(clientId));
          cell.append(button);
        },
      },
      { title: "Registered", text: ({ registered }) => yesNo(registered) },
      { title: "Synchronized", text: ({ synchronized }) => yesNo(synchronized) },
      { title: "Its slice selects it", text: ({ selects }) => yesNo(selects) },
      { title: "Topics-slice", wraps: true, text: ({ topicsSlice }) => topicsSlice ?? "not known" },
    ],
  });
  table.update(clients);
  return [table.element];
}

function whyParts(why: Why): HTMLElement[] {
  const { tracking, topicsSlice, entity, terms = [], vetoedBy, standing, loadSequence, position } = why;
  const lines = terms.map(({ depth, operator, text, holds, decides }) =>
    h(
      "li",
      {},
      "\u00a0\u00a0".repeat(depth),
      operator === undefined ? "" : operator === "*" ? "and " : "or ",
      h("span", { class: holds ? "good" : "bad" }, `${holds ? "✓" : "✗"} ${text}`),
      decides ? h("strong", {}, " ← decides") : "",
    ),
  );
  return [
    h(
      "div",
      { class: "columns" },
      h(
        "div",
        {},
        h("h2", {}, "What its slice says"),
        h("p", { class: "code" }, topicsSlice),
        h("ul", { class: "terms" }, ...lines),
      ),
      h(
        "div",
        {},
        h("h2", {}, "Where it stands"),
        facts([
          ["Mode", tracking],
          ["Registered, synchronized", standing ? standingText(standing) : "this mode keeps neither"],
          ["Vetoed by", vetoedBy.join(" ") || "nothing"],
          ["Its last load", formatCount(loadSequence)],
          ["Its position", formatCount(position)],
          ["Topics of the entity", entity?.topics.join(" ") ?? "the server does not hold it"],
          ["Changed last at", formatCount(entity?.changeSequence)],
        ]),
      ),
    ),
    decisionTable(why),
  ];
}

function decisionTable({ decisions, lookedFrom, loadSequence = 0 }: Why): HTMLElement {
  const since = Math.max(lookedFrom, loadSequence);
  const table = new LiveTable<DecisionView & { key: string }>({
    caption: `The last deltas of the entity, and what the client was given of each (after sequence ${formatCount(since)})`,
    empty: `No delta of the entity has come after sequence ${formatCount(since)}${loadSequence === since ? ", the client's load" : ""}.`,
    keyOf: ({ key }) => key,
    columns: [
      { title: "Sequence", isNumber: true, text: ({ sequence }) => formatCount(sequence) },
      { title: "Time", text: ({ enteredMs }) => formatTime(enteredMs) },
      { title: "Oper", text: ({ oper }) => oper },
      { title: "Topics", wraps: true, text: ({ topics }) => topics.join(" ") },
      { title: "Given", text: ({ given }) => given },
      { title: "Because", wraps: true, text: ({ because }) => because },
      {
        title: "Before → after",
        text: ({ before, after }) => `${before ? standingText(before) : "?"} → ${after ? standingText(after) : "?"}`,
      },
    ],
  });
  table.update(decisions.map((decision, at) => ({ ...decision, key: String(at) })).reverse());
  return h("div", {}, h("h2", {}, "What it was given"), table.element);
}

function pathParts({ places, silent }: EntityPath): HTMLElement[] {
  const newest = places.reduce<EntityPlace | undefined>(
    (best, place) => (isNewer(place, best) ? place : best),
    undefined,
  );
  const isLatest = ({ entity }: EntityPlace): boolean =>
    entity !== undefined && newest?.entity !== undefined && versionText(entity) === versionText(newest.entity);
  const table = new LiveTable<EntityPlace>({
    caption: "Along the links",
    empty: "No site has answered.",
    keyOf: ({ site }) => site,
    columns: [
      { title: "Site", text: ({ site }) => site },
      {
        title: "Holds",
        text: (place) =>
          place.entity === undefined ? "does not hold it" : isLatest(place) ? "the latest version" : "an older version",
      },
      { title: "Version", text: ({ entity }) => (entity ? versionText(entity) : "–") },
      { title: "Topics", wraps: true, text: ({ entity }) => entity?.topics.join(" ") ?? "–" },
      { title: "Changed at", isNumber: true, text: ({ entity }) => formatCount(entity?.changeSequence) },
      { title: "Its sequence", isNumber: true, text: ({ sequence }) => formatCount(sequence) },
    ],
  });
  table.update(places);
  const missing = silent.map(({ by, id, failure }) => `${id ?? `the site above ${by}`} (${failure})`).join(", ");
  return [
    h("h2", {}, "Where its latest version is"),
    table.element,
    ...(missing ? [h("p", { class: "warn" }, `Did not answer: ${missing}.`)] : []),
  ];
}

function isNewer({ entity }: EntityPlace, than: EntityPlace | undefined): boolean {
  if (entity === undefined) return false;
  const other = than?.entity?.version;
  if (other === undefined) return true;
  const { timeMs, counter, site } = entity.version;
  return (
    timeMs - other.timeMs > 0 ||
    (timeMs === other.timeMs && (counter > other.counter || (counter === other.counter && site > other.site)))
  );
}

function versionText({ version: { timeMs, counter, site } }: NonNullable<EntityPlace["entity"]>): string {
  return `${new Date(timeMs).toISOString()} ${counter} ${site}`;
}

function standingText({ registered, synchronized }: StandingView): string {
  return synchronized ? "registered, current" : registered ? "registered, not current" : "not registered";
}

function yesNo(value: boolean | undefined): string {
  return value === undefined ? "–" : value ? "yes" : "no";
}
