import { expect, test } from "vitest";
import type { Claims } from "../_shared/database.ts";
import { refuseAnonymousUsers } from "./anonymous_users.ts";

const USER = { sub: "u", role: "authenticated" } as Claims;

function authenticated(claims: Record<string, unknown>, allowed: boolean) {
  let asked = 0;
  const authenticate = refuseAnonymousUsers(
    () => Promise.resolve({ ...USER, ...claims }),
    () => {
      asked++;
      return Promise.resolve(allowed);
    },
  );
  return authenticate("Bearer a").then(
    () => ["let in", asked],
    (error) => [error.code, asked],
  );
}

test("refuses an anonymous user's token unless these are allowed", async () => {
  const anonymous = { is_anonymous: true };
  expect(await authenticated(anonymous, false)).toEqual(["unauthorized", 1]);
  expect(await authenticated(anonymous, true)).toEqual(["let in", 1]);
});

test("asks nothing about any other token", async () => {
  expect(await authenticated({}, false)).toEqual(["let in", 0]);
  expect(await authenticated({ is_anonymous: false }, false))
    .toEqual(["let in", 0]);
});
