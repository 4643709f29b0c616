import { describe, expect, it, onTestFinished } from "vitest";
import { makeDocument } from "../../../../platform/test_stack/documents.ts";
import { axeFaults, fitsWidth } from "../../browser/accessibility.ts";
import { withBrowser } from "../../browser/browser.ts";
import { openConsole, stack } from "./open_console.ts";
import { asSuperuser, createPerson } from "./people.ts";

withBrowser();

/** In the endpoint's address, as that of a chat has one. */
const SECRET = "path-that-is-a-secret";

/** An endpoint that answers as it is bid, and one notification to it. */
async function notified(status: number) {
  const receiver = { status, count: 0 };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    receiver.count++;
    return new Response(null, { status: receiver.status });
  });
  const name = `app-${crypto.randomUUID().slice(0, 8)}`;
  const url = `http://127.0.0.1:${server.addr.port}/${SECRET}`;
  onTestFinished(async () => {
    await asSuperuser((sql) => sql`select pipeline_internal.remove_endpoint(${name})`);
    await server.shutdown();
  });
  await asSuperuser(async (sql) => {
    await sql`select pipeline_internal.add_endpoint(${name}, ${url}, array['alert.closed'])`;
    await sql`select pipeline_internal.notify('alert.closed', '{"n": 1}', 'one')`;
  });
  return { name, receiver };
}

/** Has the next failed attempt be the last, and waits for it. */
async function giveUp(name: string): Promise<void> {
  await asSuperuser(async (sql) => {
    await expect.poll(async () => {
      const [{ given_up_at }] = await sql`
        update pipeline_internal.outbox o set attempt_count = greatest(attempt_count, 11), due_at = clock_timestamp()
        from pipeline_internal.endpoints e
        where e.endpoint_id = o.endpoint_id and e.name = ${name} and given_up_at is null
        returning given_up_at`.then((rows) => rows.length > 0 ? rows : [{ given_up_at: "then" }]);
      return given_up_at;
    }, { timeout: 60_000, interval: 2_000 }).not.toBeNull();
  });
}

describe("notifications to endpoints", () => {
  it("shows one that was given up, resends it, and shows its delivery", async () => {
    const { name, receiver } = await notified(500);
    await giveUp(name);
    const { page, faults } = await openConsole({
      as: await createPerson("operator"),
      at: `/webhooks/out?endpoint=${name}&outcome=given_up`,
    });
    const row = page.getByRole("region", { name: "Notifications" }).getByRole("row").filter({ hasText: name });
    await row.getByText("given up").waitFor();
    await row.getByText("it answered 500").waitFor();
    expect(await page.content()).not.toContain(SECRET);
    expect(await axeFaults(page)).toEqual([]);

    receiver.status = 204;
    await row.getByRole("button", { name: "Resend" }).click();
    await page.getByText("It is due now.").waitFor();
    await page.getByText("No notification matches.").waitFor();
    await page.getByRole("combobox", { name: "Outcome", exact: true }).selectOption("delivered");
    await row.getByText("delivered", { exact: true }).waitFor({ timeout: 40_000 });
    expect(page.url()).toContain("outcome=delivered");
    expect(await row.getByRole("button").count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it("says how many a resend of all sends, and sends them", async () => {
    const { name, receiver } = await notified(500);
    await giveUp(name);
    const { page } = await openConsole({ as: await createPerson("operator"), at: "/webhooks/out" });
    const card = page.getByRole("article", { name });
    receiver.status = 200;
    await card.getByRole("button", { name: "Resend all …" }).click();
    await page.getByText("1 notification given up will be due at once, with twelve attempts each.").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Resend" }).click();
    await expect.poll(() => receiver.count, { timeout: 40_000 }).toBeGreaterThan(1);
    await expect.poll(() => card.getByText("Last delivered").locator("..").innerText(), { timeout: 40_000 })
      .toMatch(/ago|now/);
  });

  it("disables an endpoint, and enables it", async () => {
    const { name } = await notified(200);
    const { page } = await openConsole({ as: await createPerson("operator"), at: "/webhooks/out", width: 360 });
    const card = page.getByRole("article", { name });
    await card.getByRole("button", { name: "Disable …" }).click();
    await page.getByRole("button", { name: "Disable", exact: true }).click();
    await card.getByText("disabled", { exact: true }).waitFor();
    expect(await fitsWidth(page)).toBe(true);
    await card.getByRole("button", { name: "Enable …" }).click();
    await page.getByRole("button", { name: "Enable", exact: true }).click();
    await card.getByText("enabled", { exact: true }).waitFor();
  });

  it("lets a viewer read, and not act", async () => {
    const { name } = await notified(200);
    const viewer = await createPerson("viewer");
    const { page } = await openConsole({ as: viewer, at: "/webhooks/out" });
    await page.getByRole("article", { name }).waitFor();
    expect(await page.getByRole("button", { name: /Resend|Disable|Enable/ }).count()).toBe(0);
    for (
      const [act, args] of [
        ["resend_notifications", { p_endpoint: name }],
        ["resend_notification", { p_delivery_no: 1 }],
        ["enable_endpoint", { p_endpoint: name, p_is_enabled: false }],
      ] as const
    ) {
      const { error } = await viewer.supabase.schema("pipeline_console").rpc(act, args);
      expect(error?.message).toBe("This needs the role operator.");
    }
  });
});

describe("callbacks from LlamaParse", () => {
  it("shows what became of a document's callback, and refused calls by their reason", async () => {
    const user = await createPerson();
    const bytes = await makeDocument(crypto.randomUUID());
    const { documentId } = await user.pipeline.upload(
      new File([bytes.slice()], "report.pdf", { type: "application/pdf" }),
    );
    const refused = await fetch(`${stack.url}/functions/v1/webhook/llamaparse`, { method: "POST", body: "{}" });
    expect(refused.status).toBeGreaterThanOrEqual(400);
    await refused.body?.cancel();
    await user.pipeline.waitUntilComplete(documentId);

    const { page, faults } = await openConsole({ as: await createPerson("viewer"), at: "/webhooks" });
    const row = page.getByRole("region", { name: "Submissions" }).getByRole("row").filter({ hasText: documentId });
    await row.getByText(/^(received|late|missing)$/).waitFor();
    await page.getByRole("region", { name: "Refused calls" }).getByRole("row").nth(1).waitFor();
    await page.getByRole("figure", { name: /Accepted and refused calls/ }).getByText("Refused", { exact: false })
      .first()
      .waitFor();
    expect(await axeFaults(page)).toEqual([]);
    await page.getByRole("link", { name: "In the audit log" }).click();
    await page.getByRole("region", { name: "Audit entries" }).getByRole("link", { name: "webhook_refused" }).first()
      .waitFor();
    expect(faults).toEqual([]);
  });
});
