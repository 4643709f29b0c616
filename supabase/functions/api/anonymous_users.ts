import { HttpError } from "../_shared/errors.ts";
import type { Authenticate } from "./auth.ts";

/**
 * Refuses the tokens of users whom Auth made without an address or a password, of whom anybody can have any number, unless the
 * project allows them.
 * @param areAllowed asked of such a token alone
 */
export function refuseAnonymousUsers(
  authenticate: Authenticate,
  areAllowed: () => Promise<boolean>,
): Authenticate {
  return async (authorization) => {
    const claims = await authenticate(authorization);
    if (!claims.is_anonymous || await areAllowed()) return claims;
    throw new HttpError(
      401,
      "unauthorized",
      "The access token is an anonymous user's. Sign up, and send the token that you get then.",
      { headers: { "www-authenticate": "Bearer" } },
    );
  };
}
