import { h, setText } from "./dom.js";

export interface Column<Row> {
  readonly title: string;
  readonly isNumber?: boolean;
  readonly wraps?: boolean;
  /** Gives the text of a cell; or brings the cell up to date, which is empty the first time. */
  readonly text?: (row: Row) => string;
  readonly fill?: (cell: HTMLTableCellElement, row: Row) => void;
}

export interface LiveTableOptions<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  readonly classOf?: (row: Row) => string;
  /** What stands there where there are no rows. */
  readonly empty: string;
}

/** A table whose rows stay the same elements while they change, so that focus, selection and place are kept. */
export class LiveTable<Row> {
  readonly element: HTMLElement;
  readonly #options: LiveTableOptions<Row>;
  readonly #body = h("tbody");
  readonly #empty: HTMLElement;
  readonly #rows = new Map<string, HTMLTableRowElement>();

  constructor(options: LiveTableOptions<Row>) {
    this.#options = options;
    const heads = options.columns.map(({ title, isNumber }) =>
      h("th", { scope: "col", class: isNumber ? "number" : undefined }, title),
    );
    const table = h("table", {}, h("caption", {}, options.caption), h("thead", {}, h("tr", {}, ...heads)), this.#body);
    this.#empty = h("p", { class: "quiet" }, options.empty);
    this.element = h(
      "div",
      {},
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": options.caption }, table),
      this.#empty,
    );
  }

  /** Shows these rows, in this order. */
  update(rows: readonly Row[]): void {
    const { keyOf } = this.#options;
    const kept = new Set(rows.map(keyOf));
    for (const [key, element] of this.#rows) {
      if (kept.has(key)) continue;
      element.remove();
      this.#rows.delete(key);
    }
    let place: Element | null = this.#body.firstElementChild;
    for (const row of rows) {
      const element = this.#rowOf(keyOf(row));
      // Only what stands elsewhere is moved: moving takes the focus away.
      if (element === place) place = place.nextElementSibling;
      else this.#body.insertBefore(element, place);
      this.#fill(element, row);
    }
    this.#empty.hidden = rows.length > 0;
  }

  #rowOf(key: string): HTMLTableRowElement {
    let element = this.#rows.get(key);
    if (element === undefined) {
      element = h("tr");
      for (const { isNumber, wraps } of this.#options.columns) {
        element.append(h("td", { class: isNumber ? "number" : wraps ? "wrap" : undefined }));
      }
      this.#rows.set(key, element);
    }
    return element;
  }

  #fill(element: HTMLTableRowElement, row: Row): void {
    const { columns, classOf } = this.#options;
    const className = classOf?.(row) ?? "";
    if (element.className !== className) element.className = className;
    columns.forEach(({ text, fill }, at) => {
      const cell = element.cells[at]!;
      if (text) setText(cell, text(row));
      else fill?.(cell, row);
    });
  }
}
