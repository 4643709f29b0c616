import { SignJWT } from "jose";
import { beforeAll } from "vitest";
import { createUser, stack } from "./harness.ts";
import { describeRefusedTokens } from "./token_cases.ts";

/** An older project with HS256 and a secret that the functions know. */
let userId: string;
beforeAll(async () => {
  userId = (await createUser()).id;
});

describeRefusedTokens(() => ({
  ...stack,
  userId,
  sign: (claims) =>
    new SignJWT(claims).setProtectedHeader({ alg: "HS256" })
      .sign(new TextEncoder().encode(stack.jwtSecret)),
}));
