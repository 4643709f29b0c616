/** Apart from the account's other texts: the notice is on every screen. */
export const CONSENT_TEXTS = {
  en: {
    missing: (version: string) => `There are new terms, version ${version}. Agree to them before you upload documents.`,
    toTerms: "To the terms",
  },
  de: {
    missing: (version: string) =>
      `Es gibt neue Bedingungen, Fassung ${version}. Stimmen Sie ihnen zu, bevor Sie Dokumente hochladen.`,
    toTerms: "Zu den Bedingungen",
  },
};
