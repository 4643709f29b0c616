import { createClient } from "@supabase/supabase-js";
import { beforeAll, describe, expect, it } from "vitest";
import { createPipelineClient, type DocumentStatus, type PipelineClient } from "../../../client/src/index.ts";
import { createUser, fixture, llamaparse, newPdf, PASSWORD, register, stack, type User } from "./harness.ts";
import { useDatabase } from "./hooks.ts";

describe("the TypeScript client", () => {
  const sql = useDatabase();
  let user: User;
  let client: PipelineClient;
  beforeAll(async () => {
    await llamaparse.reset();
    user = await createUser();
    client = createPipelineClient(user.client);
  });

  it("uploads a file, waits for it and searches it", async () => {
    const bytes = await newPdf() as Uint8Array<ArrayBuffer>;
    const file = new File([bytes], "handbook.pdf", { type: "application/pdf" });
    let sentBytes = 0;
    const uploaded = await client.upload(file, {
      onProgress: (progress) => sentBytes = progress.sentBytes,
    });
    expect(uploaded.duplicate).toBe(false);
    expect(sentBytes).toBe(bytes.length);

    const seen: DocumentStatus[] = [];
    const final = await client.waitUntilComplete(uploaded.documentId, {
      onStatus: (status) => seen.push(status),
      timeoutMs: 90_000,
    });
    expect(final.status).toBe("complete");
    expect(seen.at(-1)).toEqual(final);
    // The view and the API's route agree.
    expect(await client.status(uploaded.documentId)).toEqual(final);

    const { results } = await client.search("When is the library open?", {
      k: 2,
      documentIds: [uploaded.documentId],
    });
    expect(results).toHaveLength(2);
    expect(results[0].document_id).toBe(uploaded.documentId);

    const again = await client.upload(file);
    expect(again).toEqual({
      duplicate: true,
      documentId: uploaded.documentId,
    });

    const { documents } = await client.documents({ q: "handbook" });
    expect(documents).toEqual([final]);
    await client.remove(uploaded.documentId);
    await expect(client.status(uploaded.documentId)).rejects.toMatchObject({
      code: "document_not_found",
      status: 404,
    });
    await expect(client.waitUntilComplete(uploaded.documentId)).rejects
      .toMatchObject({ code: "document_not_found" });
  });

  it("signs a user up, exports and deletes the account", async () => {
    const supabase = createClient(stack.url, stack.publishableKey, { auth: { persistSession: false } });
    const { account, ...own } = createPipelineClient(supabase);
    const email = `client-${crypto.randomUUID()}@example.com`;
    const signedUp = await account.signUp({ email, password: PASSWORD, consentVersion: "1", name: "A Reader" });
    expect(signedUp).toMatchObject({ confirmation_required: false, user: { email } });
    expect(await account.user()).toMatchObject({ id: signedUp.user.id, email });
    expect(await account.consent("2")).toMatchObject({ consent_version: "2" });
    expect(await own.limits()).toMatchObject({ used: { documents: 0 }, required_consent_version: null });

    const bytes = await newPdf();
    const { documentId } = await own.upload(bytes, { filename: "mine.pdf" });
    const { job_id } = await own.waitUntilComplete(documentId, { timeoutMs: 90_000 });
    expect(await own.job(job_id)).toMatchObject({ document_id: documentId, state: "done" });
    expect((await own.jobs({ state: "done" })).total).toBe(1);
    await expect(own.retry(job_id)).rejects.toMatchObject({ code: "not_retryable" });
    expect(new Uint8Array(await (await own.download(documentId)).arrayBuffer())).toEqual(bytes);
    expect(await (await own.download(documentId, { variant: "markdown" })).text()).toContain("Harbour Library");

    const types = new Set<string>();
    for await (const { type } of account.exportData()) types.add(type);
    expect([...types].toSorted()).toEqual(["account", "chunk", "document", "event", "row"]);

    await expect(account.delete({ password: "wrong" })).rejects.toMatchObject({ code: "wrong_password" });
    await expect(account.delete()).rejects.toMatchObject({ code: "validation_failed" });
    await account.delete({ password: PASSWORD });
    expect((await supabase.auth.getSession()).data.session).toBeNull();
    const [{ left }] = await sql`select count(*)::int as left from auth.users where id = ${signedUp.user.id}`;
    expect(left).toBe(0);
  });

  it("sends an upload that was registered before but never sent", async () => {
    const bytes = await newPdf();
    const { body } = await register(user, bytes);
    const uploaded = await client.upload(bytes, { filename: "a document.pdf" });
    expect(uploaded).toEqual({
      duplicate: false,
      documentId: body.document_id,
      jobId: body.job_id,
    });
    await client.waitUntilComplete(body.document_id, { timeoutMs: 90_000 });
  });

  it("consumes no status poll while it waits", async () => {
    const { documentId } = await client.upload(await newPdf(), {
      filename: "polls.pdf",
    });
    await client.waitUntilComplete(documentId, { timeoutMs: 90_000 });
    const [{ polls }] = await sql`
      select count(*)::int as polls from pipeline_internal.rate_limits
      where key = ${`polls:${user.id}:${documentId}`}`;
    expect(polls).toBe(0);
  });

  it("reports why a document failed, in the API's words", async () => {
    const { documentId } = await client.upload(
      await fixture("encrypted.pdf"),
      { filename: "secret.pdf" },
    );
    const error = await client.waitUntilComplete(documentId, {
      timeoutMs: 90_000,
    }).catch((error) => error);
    expect(error.code).toBe("PDF_IS_PROTECTED");
    const { last_error } = await client.status(documentId);
    expect(error.message).toBe(last_error!.message);
    expect(error.requestId).toBe(last_error!.reference);
  });

  it("throws with the error's code and details when the API refuses", async () => {
    await expect(client.search("x", { k: 51 })).rejects.toMatchObject({
      code: "validation_failed",
      status: 422,
      details: [{ path: "k" }],
    });
  });
});
