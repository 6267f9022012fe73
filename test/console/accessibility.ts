import type { Page } from "playwright-core";

/** Roles whose elements say nothing to who does not see them unless they have a name. */
const named = new Set(
  (
    "button checkbox combobox dialog figure heading image img link list navigation progressbar " +
    "region searchbox slider spinbutton switch table textbox"
  ).split(" "),
);
/** Lists of plain things are understood without one. */
const namedWhereFocusable = new Set(["list", "figure"]);

interface Node {
  readonly ignored: boolean;
  readonly role?: { readonly value: string };
  readonly name?: { readonly value: string };
  readonly properties?: readonly { readonly name: string; readonly value: { readonly value?: unknown } }[];
}

/** Gives what of the browser's own accessibility tree lacks a name. */
export async function namelessControls(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = (await session.send("Accessibility.getFullAXTree")) as { nodes: readonly Node[] };
  await session.detach();
  return nodes
    .filter(({ ignored, role, name, properties = [] }) => {
      const isFocusable = properties.some((one) => one.name === "focusable" && one.value.value === true);
      const kind = role?.value ?? "";
      const wants = isFocusable ? kind !== "RootWebArea" && kind !== "main" : named.has(kind);
      return !ignored && wants && !(namedWhereFocusable.has(kind) && !isFocusable) && !name?.value.trim();
    })
    .map(({ role }) => role!.value);
}

/** Gives the texts, edges of fields and rings of focus that do not stand out from what is behind them, with the ratio. */
export function faintColours(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    type Colour = readonly [number, number, number, number];
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;
    const colourOf = (css: string): Colour => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = css;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      return [r!, g!, b!, a! / 255];
    };
    const over = (top: Colour, below: Colour): Colour => {
      const mix = (at: 0 | 1 | 2): number => top[at] * top[3] + below[at] * (1 - top[3]);
      return [mix(0), mix(1), mix(2), 1];
    };
    const groundOf = (element: Element | null): Colour => {
      if (element === null) return colourOf("Canvas");
      const own = colourOf(getComputedStyle(element).backgroundColor);
      return own[3] === 1 ? own : over(own, groundOf(element.parentElement));
    };
    const luminance = (colour: Colour): number => {
      const part = (at: 0 | 1 | 2): number => {
        const share = colour[at] / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      };
      return 0.2126 * part(0) + 0.7152 * part(1) + 0.0722 * part(2);
    };
    const ratio = (a: Colour, b: Colour): number => {
      const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
      return (high! + 0.05) / (low! + 0.05);
    };
    const faint = new Set<string>();
    const look = (what: string, css: string, ground: Colour, ratioMin: number): void => {
      const found = ratio(over(colourOf(css), ground), ground);
      if (found < ratioMin) faint.add(`${what}: ${css} on ${ground.map(Math.round).join()} is ${found.toFixed(2)}`);
    };
    for (const element of document.querySelectorAll("body, body *")) {
      if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      const style = getComputedStyle(element);
      const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent!.trim() !== "");
      const what = `${element.tagName.toLowerCase()}.${element.getAttribute("class") ?? ""}`;
      const field = element.matches("input, select, textarea");
      if (hasText || field) look(what, style.color, groundOf(element), 4.5);
      if (field) look(`edge of ${what}`, style.borderColor, groundOf(element.parentElement), 3);
      if (field)
        look(`placeholder of ${what}`, getComputedStyle(element, "::placeholder").color, groundOf(element), 4.5);
    }
    return [...faint];
  });
}

/** Gives what is wrong with the frame of the page: landmarks, headings, ids, live regions, its width on a small screen. */
export function brokenStructure(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const wrong: string[] = [];
    const expectOne = (selector: string): void => {
      const { length } = document.querySelectorAll(selector);
      if (length !== 1) wrong.push(`${length} of ${selector}`);
    };
    for (const selector of ["h1", "main", "body > header", "nav[aria-label]"]) expectOne(selector);
    if (!document.documentElement.lang) wrong.push("no language");
    if (!document.title) wrong.push("no title");
    const shown = [...document.querySelectorAll("h1, h2, h3, h4")].filter((heading) => heading.checkVisibility());
    const levels = shown.filter((heading) => !heading.closest("dialog")).map(({ tagName }) => Number(tagName[1]));
    levels.forEach((level, at) => {
      if (level > (levels[at - 1] ?? 0) + 1) wrong.push(`h${level} behind h${levels[at - 1] ?? 0}`);
    });
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    if (new Set(ids).size !== ids.length) wrong.push("an id that is there twice");
    for (const name of ["aria-labelledby", "aria-describedby"])
      for (const element of document.querySelectorAll(`[${name}]`))
        if (!document.getElementById(element.getAttribute(name)!)) wrong.push(`${name} that leads nowhere`);
    // What changes every second must not be read out every second.
    const live = '[role="alert"], [role="status"], [aria-live]';
    if (!document.querySelector(`main ${live}`)) wrong.push("no place where what happened is told");
    for (const region of document.querySelectorAll(live))
      if (region.querySelector("table, .facts, svg"))
        wrong.push(`${region.className || region.tagName} reads out too much`);
    const loose = document.documentElement;
    if (loose.scrollWidth > loose.clientWidth) wrong.push(`wider than the window: ${loose.scrollWidth}`);
    return wrong;
  });
}

/** Goes through the page by the Tab key, and gives what is not reached, or does not show that it has the focus. */
export async function unreachedControls(page: Page): Promise<string[]> {
  const count = await page.evaluate(() => {
    (document.activeElement as HTMLElement | null)?.blur();
    const selector = "a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, [tabindex='0']";
    const all = [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());
    const open = document.querySelector("dialog[open]");
    const wanted = open ? all.filter((element) => open.contains(element)) : all;
    for (const element of wanted) element.setAttribute("data-unreached", "");
    return wanted.length;
  });
  const wrong: string[] = [];
  // Beyond the last one the focus goes to the browser itself, and then begins anew.
  for (let at = 0; at < count + 2; at++) {
    await page.keyboard.press("Tab");
    const faint = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return undefined;
      element.removeAttribute("data-unreached");
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const isSeen = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
      return isSeen ? undefined : `${element.tagName} ${element.className} does not show that it has the focus`;
    });
    if (faint !== undefined) wrong.push(faint);
  }
  const left = await page.evaluate(() =>
    [...document.querySelectorAll("[data-unreached]")].map((element) => {
      element.removeAttribute("data-unreached");
      return `${element.tagName} ${element.textContent} is not reached by the keyboard`;
    }),
  );
  return [...new Set([...wrong, ...left])];
}

/** Gives all that would keep somebody from using the page who does not see it, sees little, or has no mouse. */
export async function barriers(page: Page): Promise<string[]> {
  const found = [
    ...(await namelessControls(page)).map((role) => `a ${role} without a name`),
    ...(await brokenStructure(page)),
    ...(await unreachedControls(page)),
  ];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const faint of await faintColours(page)) found.push(`${colorScheme}: ${faint}`);
  }
  return found;
}
