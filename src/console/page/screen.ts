import type { Overview } from "../overview.js";

/** One screen of the console, from when it is chosen until another one is. */
export interface Screen {
  readonly title: string;
  readonly element: HTMLElement;
  /** Brings it up to date, about once a second while the page is seen; rejects as the API does. */
  update?(overview: Overview): Promise<void> | void;
}

/** Makes a screen; `query` is what follows ? in its address. */
export type MakeScreen = (query: URLSearchParams) => Screen;
