import { HttpError } from "../_shared/errors.ts";
import type { Authenticate } from "./auth.ts";

/**
 * Refuses the tokens of anonymous users (created by Auth without an address or a password), because anyone can create
 * any number of them, unless the project allows them.
 * @param areAllowed called only for such a token
 */
export function refuseAnonymousUsers(
  authenticate: Authenticate,
  areAllowed: () => Promise<boolean>,
): Authenticate {
  return async (authorization) => {
    const claims = await authenticate(authorization);
    if (!claims.is_anonymous || await areAllowed()) return claims;
    throw new HttpError("unauthorized", {
      message: "The access token belongs to an anonymous user. Sign up, and send the new session's access token.",
      headers: { "www-authenticate": "Bearer" },
    });
  };
}
