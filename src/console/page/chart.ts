import { h, setText, svg } from "./dom.js";

const WIDTH = 600;
const HEIGHT = 100;

export interface Line {
  readonly name: string;
  /** A value for each moment; a gap is undefined. */
  readonly values: readonly (number | undefined)[];
}

/** A chart of the last minutes: one line or two, from 0 to the highest value, which stands beside its title. */
export class Chart {
  readonly element: HTMLElement;
  readonly #format: (value: number) => string;
  readonly #now = h("strong");
  readonly #paths = [svg("path", { class: "first" }), svg("path", { class: "second" })];
  readonly #picture: SVGElement;
  readonly #title: string;

  constructor(title: string, format: (value: number) => string) {
    this.#title = title;
    this.#format = format;
    const axis = svg("line", { class: "axis", x1: "0", x2: String(WIDTH), y1: String(HEIGHT), y2: String(HEIGHT) });
    this.#picture = svg(
      "svg",
      { class: "chart", viewBox: `0 -4 ${WIDTH} ${HEIGHT + 8}`, preserveAspectRatio: "none", role: "img" },
      axis,
      ...this.#paths,
    );
    this.element = h("figure", {}, h("figcaption", {}, title, this.#now), this.#picture);
  }

  update(lines: readonly Line[]): void {
    const known = lines.flatMap(({ values }) => values.filter((value) => value !== undefined));
    const top = Math.max(...known, 0);
    const last = lines.map(({ values }) => values.findLast((value) => value !== undefined));
    this.#paths.forEach((path, at) => path.setAttribute("d", lines[at] ? pathOf(lines[at].values, top || 1) : ""));
    const now = last.map((value) => (value === undefined ? "–" : this.#format(value))).join(" / ");
    setText(this.#now, `${now} (top ${this.#format(top)})`);
    this.#picture.setAttribute("aria-label", `${this.#title}: now ${now}, at most ${this.#format(top)}`);
  }
}

function pathOf(values: readonly (number | undefined)[], top: number): string {
  const step = WIDTH / Math.max(1, values.length - 1);
  let isOpen = false;
  let path = "";
  values.forEach((value, at) => {
    if (value !== undefined)
      path += `${isOpen ? "L" : "M"}${(at * step).toFixed(1)} ${(HEIGHT - (value / top) * HEIGHT).toFixed(1)}`;
    isOpen = value !== undefined;
  });
  return path;
}
