import { setToken } from "./api.js";
import { h, labelled } from "./dom.js";

let asking: Promise<void> | undefined;

/** Asks a person for the token that the permit of the server wants; asks once, however often it is called meanwhile. */
export function askToken(why: string): Promise<void> {
  asking ??= ask(why).finally(() => (asking = undefined));
  return asking;
}

function ask(why: string): Promise<void> {
  const field = h("input", { type: "password", autocomplete: "off", required: true, size: "40" });
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", { id: "token-title" }, "This server wants an administrator's token"),
    h("p", {}, why),
    labelled("Token", field),
    h("menu", {}, h("button", { class: "main" }, "Go on")),
  );
  const dialog = h("dialog", { "aria-labelledby": "token-title" }, form);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      if (field.value.trim() !== "") setToken(field.value.trim());
      dialog.remove();
      resolve();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
