import type { Found } from "./find_in_pdf.ts";
import type { Unviewable } from "./originals.ts";

interface Texts {
  loading: string;
  looking: string;
  outcomes: Record<Found["outcome"], (page: string) => string>;
  elsewhere: (page: string) => string;
  unviewable: Record<Unviewable, string>;
  textRemains: string;
  retry: string;
  previous: string;
  next: string;
  page: string;
  of: (count: string) => string;
  smaller: string;
  larger: string;
  fit: string;
  close: string;
  view: (page: string) => string;
}

const en: Texts = {
  loading: "Loading the document …",
  looking: "Looking for the passage …",
  outcomes: {
    wholly: () => "The passage is marked.",
    partly: () => "Only a part of the passage stands like this in the document. That part is marked.",
    no_text: (page) => `Page ${page} is a picture without text, such as a scan. Nothing can be marked on it.`,
    other_text: (page) =>
      `The text within page ${page} differs from what was read from it, so that the passage is not marked.`,
  },
  elsewhere: (page) => `Back to the passage on page ${page}`,
  unviewable: {
    not_pdf: "Only PDFs can be shown page by page.",
    too_large: "The file is too large to be shown here.",
    protected: "The file is protected by a password, and cannot be shown here.",
    damaged: "The file is damaged, and cannot be shown.",
    too_slow: "The file takes too long to be shown.",
    not_loaded: "What shows PDFs could not be loaded. Check your internet connection, and try again.",
  },
  textRemains: "The text of the passage is in the results.",
  retry: "Try again",
  previous: "Previous page",
  next: "Next page",
  page: "Page",
  of: (count) => `of ${count}`,
  smaller: "Smaller",
  larger: "Larger",
  fit: "Fit to width",
  close: "Close",
  view: (page) => `Page ${page}`,
};

const de: Texts = {
  loading: "Das Dokument wird geladen …",
  looking: "Die Textstelle wird gesucht …",
  outcomes: {
    wholly: () => "Die Textstelle ist markiert.",
    partly: () => "Nur ein Teil der Textstelle steht so im Dokument. Dieser Teil ist markiert.",
    no_text: (page) => `Seite ${page} ist ein Bild ohne Text, etwa ein Scan. Darauf lässt sich nichts markieren.`,
    other_text: (page) =>
      `Der Text in Seite ${page} weicht von dem ab, was daraus gelesen wurde. Die Textstelle ist deshalb nicht markiert.`,
  },
  elsewhere: (page) => `Zurück zur Textstelle auf Seite ${page}`,
  unviewable: {
    not_pdf: "Nur PDFs können Seite für Seite angezeigt werden.",
    too_large: "Die Datei ist zu groß, um hier angezeigt zu werden.",
    protected: "Die Datei ist mit einem Passwort geschützt und kann hier nicht angezeigt werden.",
    damaged: "Die Datei ist beschädigt und kann nicht angezeigt werden.",
    too_slow: "Die Anzeige der Datei dauert zu lange.",
    not_loaded:
      "Was PDFs anzeigt, konnte nicht geladen werden. Prüfen Sie Ihre Internetverbindung, und versuchen Sie es nochmals.",
  },
  textRemains: "Der Text der Stelle steht in den Ergebnissen.",
  retry: "Nochmals",
  previous: "Vorige Seite",
  next: "Nächste Seite",
  page: "Seite",
  of: (count) => `von ${count}`,
  smaller: "Kleiner",
  larger: "Größer",
  fit: "An Breite anpassen",
  close: "Schließen",
  view: (page) => `Seite ${page}`,
};

export const TEXTS = { en, de };
