import { SignJWT } from "jose";
import type postgres from "postgres";
import { sha256Hex } from "../../../supabase/functions/_shared/hash.ts";
import type { Stack } from "../stack/stack.ts";
import { eachOf, makeDocument } from "./documents.ts";

/** A registered document without its bytes. */
export interface Upload {
  documentId: string;
  signedUrl: string;
  bytes: Uint8Array;
}

/** What it takes to call a stack as one of its users. */
export type StackOfUsers = Pick<Stack, "url" | "publishableKey" | "jwtSecret">;

/**
 * Creates one user per document, so that no limit of a user is reached. Needs the superuser, because Auth owns its
 * tables.
 */
export async function createUsers(
  admin: postgres.Sql,
  count: number,
): Promise<string[]> {
  const rows = await admin<{ id: string }[]>`
    insert into auth.users (id, email, aud, role)
    select gen_random_uuid(), gen_random_uuid() || '@example.test', 'authenticated', 'authenticated'
    from generate_series(1, ${count}::int)
    returning id`;
  return rows.map(({ id }) => id);
}

/** Registers a document for each user, as an application does. */
export async function registerUploads(
  stack: StackOfUsers,
  userIds: string[],
): Promise<Upload[]> {
  const uploads: Upload[] = [];
  await eachOf(userIds, 4, async (userId) => {
    const bytes = await makeDocument(crypto.randomUUID());
    uploads.push(await registerUpload(stack, userId, bytes));
  });
  return uploads;
}

/** Registers a PDF, as an application does. */
export async function registerUpload(
  stack: StackOfUsers,
  userId: string,
  bytes: Uint8Array,
): Promise<Upload> {
  const response = await fetch(
    `${stack.url}/functions/v1/api/upload-document-backend`,
    {
      method: "POST",
      headers: {
        apikey: stack.publishableKey,
        authorization: `Bearer ${await tokenFor(stack, userId)}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({
        filename: "report.pdf",
        bytes_len: bytes.length,
        mime: "application/pdf",
        sha256: await sha256Hex(bytes),
      }),
    },
  );
  if (!response.ok) {
    throw new Error(`not registered: ${await response.text()}`);
  }
  const { document_id, signed_url } = await response.json();
  return { documentId: document_id, signedUrl: signed_url, bytes };
}

export async function sendBytes({ signedUrl, bytes }: Upload): Promise<void> {
  const response = await fetch(signedUrl, {
    method: "PUT",
    headers: { "content-type": "application/pdf" },
    body: bytes as BodyInit,
  });
  if (!response.ok) throw new Error(`not stored: ${await response.text()}`);
  await response.body?.cancel();
}

/** An access token as Auth issues it to the user. */
export function tokenFor(stack: StackOfUsers, userId: string): Promise<string> {
  return new SignJWT({ sub: userId, role: "authenticated" })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuer(`${stack.url}/auth/v1`)
    .setAudience("authenticated")
    .setIssuedAt()
    .setExpirationTime("1h")
    .sign(new TextEncoder().encode(stack.jwtSecret));
}
