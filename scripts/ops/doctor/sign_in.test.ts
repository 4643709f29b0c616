import { describe, expect, test } from "vitest";
import type { Environment } from "../project/environments.ts";
import { OAUTH_PROVIDERS, oauthSecrets } from "../project/sign_in.ts";
import { unsetAuthConfig } from "../../platform/simulators/management_api/auth_config.ts";
import { checkOperatorMfa, checkSignIn } from "./sign_in.ts";

const ENVIRONMENT: Environment = {
  name: "staging",
  projectRef: "s".repeat(20),
  environment: "staging",
  url: "https://s.example.com",
  siteUrl: "https://staging.example.com",
  confirmEmails: true,
  plan: "free",
  dataApi: true,
  oauth: { google: { clientId: "google-client" } },
  redirectUrls: ["https://staging.example.com/callback"],
  operatorMfa: false,
  enforceSsl: true,
  settings: {},
};
/** Auth's settings after a deployment. */
const SET = {
  ...unsetAuthConfig(),
  external_google_enabled: true,
  external_google_client_id: "google-client",
  external_google_secret: "masked",
  uri_allow_list: "https://staging.example.com/callback",
  mfa_totp_enroll_enabled: true,
  mfa_totp_verify_enabled: true,
};

test("is met when Auth is configured as the environment requires", () => {
  expect(checkSignIn(ENVIRONMENT, SET))
    .toMatchObject({ status: "met", found: "e-mail, google" });
});

test.each([
  [{ external_google_enabled: false }, /google is disabled/],
  [{ external_google_client_id: "another" }, /another client_id/],
  [{ external_google_secret: null }, /no secret/],
  [{ external_github_enabled: true }, /github is enabled, but not configured/],
  [
    { external_phone_enabled: true },
    /telephone is enabled, but not configured/,
  ],
  [
    { external_web3_solana_enabled: true },
    /Solana is enabled, but not configured/,
  ],
  [{ passkey_enabled: true }, /passkey is enabled, but not configured/],
  [{ saml_enabled: true }, /SAML is enabled, but not configured/],
  [{ uri_allow_list: "" }, /does not redirect to .*callback/],
  [
    { uri_allow_list: `${SET.uri_allow_list},https://evil.example/**` },
    /https:\/\/evil\.example\/\*\*, which is not configured/,
  ],
  [{ mfa_totp_verify_enabled: false }, /second factors are disabled/],
])("%j is reported", (changed, found) => {
  const finding = checkSignIn(ENVIRONMENT, { ...SET, ...changed });
  expect(finding.status).toBe("unmet");
  expect(finding.found).toMatch(found);
});

test("covers every provider that can be configured", () => {
  for (const provider of OAUTH_PROVIDERS) {
    expect(unsetAuthConfig()).toHaveProperty(`external_${provider}_enabled`);
  }
});

test("claims nothing without an access token", () => {
  expect(checkSignIn(ENVIRONMENT, undefined).status).toBe("unknown");
  expect(checkOperatorMfa(ENVIRONMENT, undefined).status).toBe("unknown");
});

test("names a provider without its secret", () => {
  expect(() => oauthSecrets(ENVIRONMENT, {})).toThrow(/OAUTH_GOOGLE_SECRET/);
  const values = { OAUTH_GOOGLE_SECRET: "s", OAUTH_GITHUB_SECRET: "t" };
  expect(oauthSecrets(ENVIRONMENT, values))
    .toEqual({ OAUTH_GOOGLE_SECRET: "s" });
});

describe("operators", () => {
  const owner = { user_name: "ann", role_name: "Owner", mfa_enabled: true };
  const developer = { ...owner, user_name: "ben", mfa_enabled: false };

  test("is met when all members have a second factor", () => {
    expect(checkOperatorMfa(ENVIRONMENT, [owner]).status).toBe("met");
  });

  test("names members without one, and fails when it is required", () => {
    const members = [owner, developer];
    expect(checkOperatorMfa(ENVIRONMENT, members)).toMatchObject({
      status: "advice",
      found: expect.stringMatching(/^ben \(Owner\)/),
    });
    const demanding = { ...ENVIRONMENT, operatorMfa: true };
    expect(checkOperatorMfa(demanding, members).status).toBe("unmet");
  });
});
