import { h } from "./dom.js";

/** Asks a person to confirm what will be done; the answer that changes nothing has the focus. */
export function confirm(question: string, consequence: string, action: string): Promise<boolean> {
  const title = h("h2", { id: "confirm-title" }, question);
  const cancel = h("button", { type: "button", autofocus: true }, "Cancel");
  const go = h("button", { type: "button", class: "danger" }, action);
  const dialog = h(
    "dialog",
    { "aria-labelledby": "confirm-title" },
    title,
    h("p", {}, consequence),
    h("menu", {}, cancel, go),
  );
  return new Promise((resolve) => {
    const end = (answer: boolean): void => {
      dialog.remove();
      resolve(answer);
    };
    dialog.addEventListener("close", () => end(dialog.returnValue === "yes"));
    cancel.addEventListener("click", () => dialog.close("no"));
    go.addEventListener("click", () => dialog.close("yes"));
    document.body.append(dialog);
    dialog.showModal();
  });
}
