import type { Mode } from "./question.ts";
import type { Strength } from "./strength.ts";

interface Texts {
  title: string;
  box: string;
  placeholder: string;
  ask: string;
  intro: string;
  hints: [example: string, meaning: string][];
  noDocuments: string;
  toDocuments: string;
  found: (count: string, more: boolean) => string;
  byWords: string;
  byBoth: string;
  byMeaning: string;
  degraded: string;
  onlyWeak: string;
  searching: string;
  pressEnter: string;
  nothing: string;
  tryThis: string;
  tries: { words: string; phrases: string; documents: string; weak: string; complete: string };
  allDocuments: string;
  showWeak: string;
  more: string;
  retry: string;
  results: string;
  strengths: Record<Strength, string>;
  scoreOf: (score: string) => string;
  wordShare: (share: string) => string;
  page: (page: string) => string;
  pages: (from: string, to: string) => string;
  show: string;
  showPage: (page: string) => string;
  around: string;
  hideAround: string;
  before: string;
  after: string;
  gone: string;
  onlyThis: string;
  sameText: string;
  whole: string;
  less: string;
  documents: string;
  chosen: (count: string) => string;
  every: string;
  findDocument: string;
  choose: string;
  without: (name: string) => string;
  unknownDocument: string;
  noneFound: string;
  moreDocuments: string;
  options: string;
  mode: string;
  modes: Record<Mode, string>;
  weights: string;
  weightOf: (words: string, meaning: string) => string;
  each: string;
  eachAny: string;
  weak: string;
  explained: string;
  viewer: string;
  chooseOne: string;
}

const en: Texts = {
  title: "Search",
  box: "Your question",
  placeholder: "What do you want to know?",
  ask: "Search",
  intro: "Ask a question, or type words. The passages of your documents that answer it appear here.",
  hints: [
    ['"annual fee"', "must occur word for word"],
    ["-students", "must not occur"],
    ["memb", "finds “membership” too: the last word may be unfinished"],
  ],
  noDocuments: "You have no document yet that can be searched.",
  toDocuments: "Upload documents",
  found: (count, more) => more ? `The best ${count} passages` : count === "1" ? "1 passage" : `${count} passages`,
  byWords: "by words",
  byBoth: "by words and meaning",
  byMeaning: "by meaning",
  degraded: "Searching by meaning is not possible at the moment: these passages were found by their words alone.",
  onlyWeak: "No passage fits your question well. These are the nearest; other words may find better ones.",
  searching: "Searching …",
  pressEnter: "Press Enter to search.",
  nothing: "Nothing was found.",
  tryThis: "What you can try:",
  tries: {
    words: "Use other words, or fewer.",
    phrases: "Leave out quotes and minus signs.",
    documents: "Search in all documents.",
    weak: "Show weak matches too.",
    complete: "Look whether the document is ready to be searched.",
  },
  allDocuments: "Search all documents",
  showWeak: "Show weak matches",
  more: "More passages",
  retry: "Try again",
  results: "Passages",
  strengths: { "very good": "Very good match", good: "Good match", fair: "Fair match", weak: "Weak match" },
  scoreOf: (score) => `${score} of 100 points`,
  wordShare: (share) => `it has ${share} of the question's words`,
  page: (page) => `page ${page}`,
  pages: (from, to) => `pages ${from} to ${to}`,
  show: "Show in the document",
  showPage: (page) => `Show page ${page}`,
  around: "Before and after",
  hideAround: "Hide what is before and after",
  before: "Before it",
  after: "After it",
  gone: "The document has changed since. Search again.",
  onlyThis: "Only this document",
  sameText: "The same text is also here:",
  whole: "Show all of it",
  less: "Show less",
  documents: "Documents",
  chosen: (count) => `${count} chosen`,
  every: "all",
  findDocument: "Find a document by its name",
  choose: "Search only in",
  without: (name) => `Do not restrict to ${name}`,
  unknownDocument: "A document that does not exist, or was deleted",
  noneFound: "No document has this in its name.",
  moreDocuments: "Show more documents",
  options: "Options",
  mode: "Compare",
  modes: { hybrid: "Words and meaning", text: "Words only", vector: "Meaning only" },
  weights: "Weight",
  weightOf: (words, meaning) => `words ${words} %, meaning ${meaning} %`,
  each: "Passages of one document",
  eachAny: "Any number",
  weak: "Leave out weak matches",
  explained:
    "While you type, only words are compared: that is fast and costs nothing. When you pause, or press Enter, " +
    "meaning is compared too, as chosen here.",
  viewer: "The document",
  chooseOne: "Choose “Show page” of a passage to see it in its document.",
};

const de: Texts = {
  title: "Suche",
  box: "Ihre Frage",
  placeholder: "Was möchten Sie wissen?",
  ask: "Suchen",
  intro: "Stellen Sie eine Frage, oder schreiben Sie Wörter. Die Stellen Ihrer Dokumente, die sie beantworten, " +
    "erscheinen hier.",
  hints: [
    ['"jährlicher Beitrag"', "muss wörtlich vorkommen"],
    ["-Studierende", "darf nicht vorkommen"],
    ["Mitg", "findet auch „Mitgliedschaft“: das letzte Wort darf unvollständig sein"],
  ],
  noDocuments: "Sie haben noch kein Dokument, das durchsucht werden kann.",
  toDocuments: "Dokumente hochladen",
  found: (count, more) =>
    more ? `Die besten ${count} Textstellen` : count === "1" ? "1 Textstelle" : `${count} Textstellen`,
  byWords: "nach Wörtern",
  byBoth: "nach Wörtern und Bedeutung",
  byMeaning: "nach Bedeutung",
  degraded: "Die Suche nach Bedeutung ist zurzeit nicht möglich: Diese Stellen wurden allein nach Wörtern gefunden.",
  onlyWeak:
    "Keine Textstelle passt gut zu Ihrer Frage. Dies sind die nächsten; andere Wörter finden vielleicht bessere.",
  searching: "Wird gesucht …",
  pressEnter: "Zum Suchen die Eingabetaste drücken.",
  nothing: "Es wurde nichts gefunden.",
  tryThis: "Das können Sie versuchen:",
  tries: {
    words: "Andere oder weniger Wörter verwenden.",
    phrases: "Anführungszeichen und Minuszeichen weglassen.",
    documents: "In allen Dokumenten suchen.",
    weak: "Auch schwache Treffer zeigen.",
    complete: "Nachsehen, ob das Dokument schon durchsucht werden kann.",
  },
  allDocuments: "Alle Dokumente durchsuchen",
  showWeak: "Schwache Treffer zeigen",
  more: "Weitere Textstellen",
  retry: "Nochmals",
  results: "Textstellen",
  strengths: {
    "very good": "Sehr guter Treffer",
    good: "Guter Treffer",
    fair: "Mäßiger Treffer",
    weak: "Schwacher Treffer",
  },
  scoreOf: (score) => `${score} von 100 Punkten`,
  wordShare: (share) => `sie hat ${share} der Wörter Ihrer Frage`,
  page: (page) => `Seite ${page}`,
  pages: (from, to) => `Seiten ${from} bis ${to}`,
  show: "Im Dokument zeigen",
  showPage: (page) => `Seite ${page} zeigen`,
  around: "Davor und danach",
  hideAround: "Davor und danach ausblenden",
  before: "Davor",
  after: "Danach",
  gone: "Das Dokument hat sich inzwischen geändert. Suchen Sie erneut.",
  onlyThis: "Nur dieses Dokument",
  sameText: "Derselbe Text steht auch hier:",
  whole: "Ganz zeigen",
  less: "Weniger zeigen",
  documents: "Dokumente",
  chosen: (count) => `${count} ausgewählt`,
  every: "alle",
  findDocument: "Ein Dokument nach seinem Namen finden",
  choose: "Nur suchen in",
  without: (name) => `Nicht auf ${name} beschränken`,
  unknownDocument: "Ein Dokument, das es nicht gibt oder das gelöscht wurde",
  noneFound: "Kein Dokument hat dies im Namen.",
  moreDocuments: "Weitere Dokumente zeigen",
  options: "Optionen",
  mode: "Vergleichen",
  modes: { hybrid: "Wörter und Bedeutung", text: "Nur Wörter", vector: "Nur Bedeutung" },
  weights: "Gewicht",
  weightOf: (words, meaning) => `Wörter ${words} %, Bedeutung ${meaning} %`,
  each: "Textstellen je Dokument",
  eachAny: "Beliebig viele",
  weak: "Schwache Treffer weglassen",
  explained: "Während Sie schreiben, werden nur Wörter verglichen: Das ist schnell und kostet nichts. Wenn Sie " +
    "innehalten oder die Eingabetaste drücken, wird auch die Bedeutung verglichen, wie hier gewählt.",
  viewer: "Das Dokument",
  chooseOne: "Wählen Sie bei einer Textstelle „Seite zeigen“, um sie in ihrem Dokument zu sehen.",
};

export const TEXTS = { en, de };
