/** `config.json` beside the page: what the console needs of its project. All of it is public. */
export interface ProjectSettings {
  /** The project's address, without a path. */
  url: string;
  publishableKey: string;
  /**
   * The version of your terms to which new users agree: the one that `limits.required_consent_version` requires. Without
   * it they are asked after the sign-up, if a version is required.
   */
  consentVersion?: string;
  /** Where these terms are. */
  termsUrl?: string;
}

/** @throws if the settings are missing or malformed, with what to do */
export async function readSettings(): Promise<ProjectSettings> {
  const answer = await fetch(new URL("config.json", document.baseURI), { cache: "no-store" });
  if (!answer.ok) {
    throw new Error(
      `config.json beside this page is missing (${answer.status}). "npm run console -- build" writes it.`,
    );
  }
  const { url, publishableKey, consentVersion, termsUrl } = await answer.json().catch(() => {
    throw new Error("config.json beside this page is not JSON.");
  });
  if (!URL.canParse(url) || typeof publishableKey !== "string" || publishableKey === "") {
    throw new Error('config.json beside this page must have "url", the project\'s address, and "publishableKey".');
  }
  if (termsUrl !== undefined && !/^https?:$/.test(URL.parse(termsUrl)?.protocol ?? "")) {
    throw new Error('"termsUrl" in config.json must be the https:// address of your terms.');
  }
  if (consentVersion !== undefined && (typeof consentVersion !== "string" || !/^.{1,64}$/.test(consentVersion))) {
    throw new Error('"consentVersion" in config.json must be a text of at most 64 characters.');
  }
  return { url, publishableKey, consentVersion, termsUrl };
}
