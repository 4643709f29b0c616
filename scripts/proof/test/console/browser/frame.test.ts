import { describe, expect, it } from "vitest";
import { axeFaults, fitsWidth } from "../../browser/accessibility.ts";
import { withBrowser } from "../../browser/browser.ts";
import { openConsole } from "./open_console.ts";
import { createPerson } from "./people.ts";

withBrowser();

describe("the frame", () => {
  it("shows a user only the screens of users", async () => {
    const { page, faults } = await openConsole({ as: await createPerson() });
    const screens = page.getByRole("navigation", { name: "Screens" }).getByRole("link");
    await page.getByRole("heading", { level: 1 }).waitFor();
    expect(await screens.allInnerTexts()).toEqual(["Documents", "Search", "Account"]);
    await page.evaluate("location.hash = '#/overview'");
    await page.getByText("This page does not exist, or your account may not see it.").waitFor();
    expect(faults).toEqual([]);
  });

  it("shows an operator the screens of operators, and starts at the overview", async () => {
    const { page } = await openConsole({ as: await createPerson("viewer") });
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    expect(await page.getByRole("navigation", { name: "Screens" }).getByRole("link").count()).toBeGreaterThan(10);
  });

  it("keeps language and appearance when the page is opened again", async () => {
    const { page } = await openConsole({ as: await createPerson() });
    await page.getByLabel("Language").selectOption("de");
    await page.getByLabel("Darstellung").selectOption("dark");
    await page.reload();
    await page.getByRole("link", { name: "Dokumente" }).waitFor();
    expect(await page.evaluate("getComputedStyle(document.documentElement).colorScheme")).toBe("dark");
    expect(await page.evaluate("document.documentElement.lang")).toBe("de");
  });

  it("opens its menu on a narrow screen, and closes it when a screen was chosen", async () => {
    const { page } = await openConsole({ as: await createPerson("operator"), width: 360 });
    const menu = page.getByRole("button", { name: "Menu" });
    await menu.click();
    await page.getByRole("link", { name: "Tables" }).click();
    await page.getByRole("link", { name: "Tables" }).waitFor({ state: "hidden" });
    expect(await fitsWidth(page)).toBe(true);
    expect(await axeFaults(page)).toEqual([]);
  });

  it("signs out", async () => {
    const { page } = await openConsole({ as: await createPerson() });
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  });
});
