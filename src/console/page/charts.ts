import type { Sample } from "../history.js";
import { get } from "./api.js";
import { Chart } from "./chart.js";
import { h } from "./dom.js";
import { formatBytes, formatMs, formatRate } from "./format.js";

const SAMPLES_SHOWN = 300;

/** The charts of the last five minutes. */
export function charts(): { element: HTMLElement; update: () => Promise<void> } {
  const deltas = new Chart("Deltas per second", formatRate);
  const bytes = new Chart("Bytes per second", formatBytes);
  const age = new Chart("Age of deltas, median / oldest", formatMs);
  let samples: Sample[] = [];
  const update = async (): Promise<void> => {
    const after = samples.at(-1)?.atMs ?? 0;
    const answer = await get<{ samples: Sample[] }>("history", { after: String(after) });
    samples = [...samples, ...answer.samples].slice(-SAMPLES_SHOWN);
    deltas.update([{ name: "deltas", values: samples.map((one) => one.deltasPerSecond) }]);
    bytes.update([{ name: "bytes", values: samples.map((one) => one.bytesPerSecond) }]);
    age.update([
      { name: "median", values: samples.map((one) => one.ageMsMedian) },
      { name: "oldest", values: samples.map((one) => one.ageMsMax) },
    ]);
  };
  return { element: h("div", { class: "charts" }, deltas.element, bytes.element, age.element), update };
}
