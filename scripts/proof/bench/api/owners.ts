import type postgres from "postgres";
import { sha256Hex } from "../../../../supabase/functions/_shared/hash.ts";
import type { Stack } from "../../../platform/stack/stack.ts";
import { eachOf } from "../../../platform/test_stack/documents.ts";
import { createUsers, tokenFor } from "../../../platform/test_stack/uploads.ts";

/** A signed-in user with a document. */
export interface Owner {
  userId: string;
  token: string;
  documentId: string;
}

/** Users who have each registered a document as their application would. */
export async function createOwners(
  stack: Stack,
  admin: postgres.Sql,
  count: number,
): Promise<Owner[]> {
  const owners: Owner[] = [];
  await eachOf(await createUsers(admin, count), 4, async (userId) => {
    const token = await tokenFor(stack, userId);
    const response = await fetch(
      `${stack.url}/functions/v1/api/upload-document-backend`,
      {
        method: "POST",
        headers: registrationHeaders(stack, token),
        body: await registration(),
      },
    );
    if (!response.ok) {
      throw new Error(`not registered: ${await response.text()}`);
    }
    const { document_id } = await response.json();
    owners.push({ userId, token, documentId: document_id });
  });
  return owners;
}

export function registrationHeaders(stack: Stack, token: string) {
  return { ...userHeaders(stack, token), "content-type": "application/json" };
}

export function userHeaders(stack: Stack, token: string) {
  return { apikey: stack.publishableKey, authorization: `Bearer ${token}` };
}

/** The body that registers new content. */
export async function registration(): Promise<string> {
  return JSON.stringify({
    filename: "report.pdf",
    bytes_len: 100_000,
    mime: "application/pdf",
    sha256: await sha256Hex(crypto.randomUUID()),
  });
}
