import { describe, expect, it } from "vitest";
import { afterThis } from "../support/one-site.js";
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
