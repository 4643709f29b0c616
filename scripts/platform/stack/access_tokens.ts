import { decodeJwt } from "jose";
import { z } from "zod";
import type { TokenSigning } from "./token_signing.ts";

/** The method by which a session began, and the time in seconds since 1970. */
export interface SignInMethod {
  method: string;
  timestamp: number;
}

/** The parts of a session that its access token is made from. */
const session = z.looseObject({
  access_token: z.string(),
  user: z.looseObject({
    phone: z.string().nullish(),
    app_metadata: z.record(z.string(), z.unknown()).default({}),
    user_metadata: z.record(z.string(), z.unknown()).default({}),
    is_anonymous: z.boolean().default(false),
  }),
});

/**
 * Adds the claims that hosted's access tokens have and `@supabase/lite` leaves out, above all `iss`, which verifiers
 * should check. Returns Auth's answer with a complete token, or unchanged if it holds no token.
 * @param issuer the URL of Auth
 * @param onSession receives the id of the token's session and answers how the session began
 * @see https://supabase.com/docs/guides/auth/jwt-fields
 */
export async function completeAccessToken(
  answer: Response,
  { issuer, sign, onSession }: {
    issuer: string;
    sign: TokenSigning["sign"];
    onSession: (id: string) => Promise<SignInMethod[]>;
  },
): Promise<Response> {
  const isJson = answer.headers.get("content-type")
    ?.startsWith("application/json");
  if (answer.status !== 200 || !isJson) return answer;

  const text = await answer.text();
  const headers = new Headers(answer.headers);
  headers.delete("content-length");
  const parsed = session.safeParse(JSON.parse(text));
  if (!parsed.success) return new Response(text, { headers });

  const { access_token, user } = parsed.data;
  const claims = decodeJwt<{ session_id?: string }>(access_token);
  const amr = claims.session_id ? await onSession(claims.session_id) : [];
  const complete = await sign({
    ...claims,
    iss: issuer,
    phone: user.phone ?? "",
    app_metadata: user.app_metadata,
    user_metadata: user.user_metadata,
    is_anonymous: user.is_anonymous,
    aal: "aal1",
    amr,
  });
  const body = { ...JSON.parse(text), access_token: complete };
  return new Response(JSON.stringify(body), { headers });
}
