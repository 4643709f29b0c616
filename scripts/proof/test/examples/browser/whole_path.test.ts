import { afterEach, describe, expect, it } from "vitest";
import { REPOSITORY } from "../../../../dev/repository.ts";
import { failPages } from "../../../../platform/simulators/llamaparse/control.ts";
import { ControlClient } from "../../../../platform/simulators/control_client.ts";
import { becomes, drop, entry, newPerson, signIn, signUp } from "./people.ts";
import { axeFaults, fitsWidth } from "../../browser/accessibility.ts";
import { withBrowser } from "../../browser/browser.ts";
import { apps, stack, visit } from "./visit.ts";

const handbook = await Deno.readFile(`${REPOSITORY}/scripts/dev/demo/handbook.pdf`);
const encrypted = await Deno.readFile(`${REPOSITORY}/supabase/tests/e2e/fixtures/encrypted.pdf`);
const HANDBOOK = { name: "handbook.pdf", bytes: handbook };

withBrowser();
afterEach(() => new ControlClient(stack.llamaparseUrl).reset());

describe.each(apps)("$name", (app) => {
  it("takes a new user from sign-up to an answer and out again", async () => {
    const { page, faults } = await visit(app);
    const person = await signUp(page);
    let loads = 0;
    page.on("load", () => loads++);

    await drop(page, [HANDBOOK, { name: "locked.pdf", bytes: encrypted }]);
    await becomes(page, "handbook.pdf", "Ready");
    await becomes(page, "locked.pdf", /password/i);
    expect(loads).toBe(0);

    await page.getByRole("searchbox", { name: "Question" }).fill("How much is charged for tools returned late?");
    await page.getByRole("button", { name: "Search" }).click();
    const best = page.getByRole("region", { name: "Search" }).getByRole("listitem").first();
    await best.getByText("handbook.pdf, page 2").waitFor();
    expect(await best.locator("mark").allInnerTexts()).toContain("charge");

    const download = page.waitForEvent("download");
    await entry(page, "handbook.pdf").getByRole("button", { name: "Open" }).click();
    expect(await Deno.readFile(await (await download).path())).toEqual(handbook);

    await page.reload();
    await becomes(page, "handbook.pdf", "Ready");
    await becomes(page, "locked.pdf", /password/i);
    await page.getByText(person.email).waitFor();

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(await page.content()).not.toMatch(/handbook|locked|@example/);
    expect((await page.getByRole("alert").allInnerTexts()).join("")).toBe("");

    await signUp(page);
    await page.getByText("No documents yet").waitFor();
    expect(await page.content()).not.toMatch(/handbook|locked/);
    // The list may be under way when its user signs out.
    expect(faults.filter((fault) => !/\/rest\/v1\/.*: 401$/.test(fault))).toEqual([]);
  });

  it("names the pages that were not read, and reads them again when asked", async () => {
    await failPages(stack.llamaparseUrl, [2], { times: 2 });
    const { page, faults } = await visit(app);
    await signUp(page);
    await drop(page, [HANDBOOK]);
    await becomes(page, "handbook.pdf", /page.*2/i);
    await entry(page, "handbook.pdf").getByRole("button", { name: "Read again" }).click();
    await entry(page, "handbook.pdf").getByText(/page.*2/i).waitFor({ state: "detached" });
    await becomes(page, "handbook.pdf", "Ready");
    expect(faults).toEqual([]);
  });

  it("says what is wrong when a user signs in with another password", async () => {
    const { page, faults } = await visit(app);
    await signIn(page, newPerson());
    await page.getByRole("alert").filter({ hasText: /password/ }).waitFor();
    expect(faults).toEqual([expect.stringMatching(/\/auth\/v1\/token.*: 400/)]);
  });

  it("removes a document when its user deletes it", async () => {
    const { page, faults } = await visit(app);
    await signUp(page);
    await drop(page, [HANDBOOK]);
    await becomes(page, "handbook.pdf", "Ready");
    await entry(page, "handbook.pdf").getByRole("button", { name: "Delete" }).click();
    await page.getByText("No documents yet").waitFor();
    expect(faults).toEqual([]);
  });

  it.each(["light", "dark"] as const)(
    "has no serious accessibility violation in the %s scheme",
    async (colorScheme) => {
      const { page } = await visit(app, { colorScheme, width: 360 });
      expect(await axeFaults(page)).toEqual([]);
      await signUp(page);
      await drop(page, [HANDBOOK, { name: "locked.pdf", bytes: encrypted }]);
      await becomes(page, "handbook.pdf", "Ready");
      await becomes(page, "locked.pdf", /password/i);
      await page.getByRole("searchbox", { name: "Question" }).fill("tools");
      await page.keyboard.press("Enter");
      await page.locator("mark").first().waitFor();
      expect(await axeFaults(page)).toEqual([]);
      expect(await fitsWidth(page)).toBe(true);
    },
  );
});
