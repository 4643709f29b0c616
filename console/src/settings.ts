/** `config.json` beside the page: what the console needs of its project. All of it is public. */
export interface ProjectSettings {
  /** The project's address, without a path. */
  url: string;
  publishableKey: string;
  /** The version of the terms that a new user accepts, and where they are; if the project has terms. */
  consentVersion?: string;
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
  return { url, publishableKey, consentVersion, termsUrl };
}
