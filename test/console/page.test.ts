import { describe, expect, it } from "vitest";
import { afterThis } from "../support/one-site.js";
import { barriers } from "./accessibility.js";
import { noBrowser, openPage, useBrowser } from "./browser.js";
import { follow, startConsoleSite } from "./console-site.js";

useBrowser();

describe.skipIf(noBrowser !== undefined)(
  `the console in a browser${noBrowser ? `: skipped, ${noBrowser}` : ""}`,
  () => {
    it("shows the clients, and disables one after a confirmation", async () => {
      const site = await startConsoleSite();
      await site.add("T1", ["Rome", "Paris"]);
      await follow(site.edge("c1", "registration"), "T1+T2");
      const { page, errors } = await openPage(`${site.url}#/clients`);
      const row = page.locator("tr", { hasText: "c1" }).first();
      await row.locator(".state", { hasText: "connected" }).waitFor();
      expect(await row.innerText()).toMatch(/registration\s+T1\+T2/);
      expect(await row.locator("td").nth(11).innerText()).toBe("2");

      const served = row.getByRole("switch", { name: "c1 is served" });
      await served.click();
      await page
        .getByRole("dialog", { name: "Disable the client c1?" })
        .getByRole("button", { name: "Cancel" })
        .click();
      expect(await site.store.clients.list()).toContainEqual({ clientId: "c1", bitNumber: 0, isDisabled: false });

      await served.click();
      await page.getByRole("button", { name: "Disable", exact: true }).click();
      await page.getByRole("status").filter({ hasText: "c1 is disabled." }).waitFor();
      expect(await site.store.clients.list()).toContainEqual({ clientId: "c1", bitNumber: 0, isDisabled: true });
      await row.locator(".state", { hasText: "disabled" }).waitFor();

      await served.click();
      await page.getByRole("status").filter({ hasText: "c1 is enabled." }).waitFor();
      expect(await site.store.clients.list()).toContainEqual({ clientId: "c1", bitNumber: 0, isDisabled: false });
      expect(errors).toEqual([]);
    });

    it("can be used without seeing it well, and without a mouse", async () => {
      const site = await startConsoleSite();
      const [techId] = await site.add("A B", ["x"]);
      await follow(site.edge("c1", "registration"), "A*!V");
      await site.store.clients.disable("c2");
      const { page } = await openPage(site.url);
      await page.setViewportSize({ width: 640, height: 800 });
      const found: Record<string, readonly string[]> = {};
      const examine = async (name: string, hash: string, there: string): Promise<void> => {
        await page.goto(`${site.url}#/${hash}`);
        await page.locator("main").getByText(there).first().waitFor();
        found[name] = await barriers(page);
      };
      await examine("overview", "", "the client c2 is disabled");
      await examine("loads", "loads", "Nothing is being loaded now.");
      await examine("deltas", "deltas", techId!);
      await examine("slice", `slice?expression=${encodeURIComponent("A+B")}`, "It selects 1 entity");
      await examine("a wrong slice", `slice?expression=${encodeURIComponent("A+)B")}`, "column 3");
      await examine("every client", `why?techId=${techId!}`, "How each client stands to it");
      await examine("one client", `why?techId=${techId!}&client=c1`, "c1 holds it and is current");
      await examine("clients", "clients", "connected");
      await page.getByRole("switch", { name: "c1 is served" }).press("Enter");
      await page.getByRole("dialog", { name: "Disable the client c1?" }).waitFor();
      found["a question"] = await barriers(page);
      await page.keyboard.press("Escape");
      expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("c1 is served");
      await page.evaluate(() => {
        const [button, text] = [document.createElement("button"), document.createElement("p")];
        button.style.outline = "none";
        [text.textContent, text.style.color] = ["faint", "#999"];
        document.querySelector("main")!.replaceChildren(button, text);
      });
      expect(await barriers(page)).toEqual([
        "a button without a name",
        "0 of h1",
        "no place where what happened is told",
        "BUTTON  does not show that it has the focus",
        expect.stringMatching(/^light: p\.: rgb\(153, 153, 153\)/),
      ]);
      expect(found).toEqual(Object.fromEntries(Object.keys(found).map((name) => [name, []])));
    });

    it("says that the connection is lost, and goes on when it is back", async () => {
      const site = await startConsoleSite();
      const { page } = await openPage(site.url);
      await page.getByText("Nothing is wrong that this server knows of.").waitFor();
      await page.context().setOffline(true);
      afterThis(() => page.context().setOffline(false));
      await page.getByRole("alert").filter({ hasText: "The connection to the server is lost" }).waitFor();
      await page.context().setOffline(false);
      await page.locator("#connection").waitFor({ state: "hidden" });
    });
  },
);
