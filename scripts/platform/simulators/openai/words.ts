/** A word of a text in the form in which it is compared. */
export interface Word {
  /** Folded: what a query's spelling and a text's have in common. */
  text: string;
  /** Without its usual endings. */
  root: string;
  /** How much it says: 1, or little for words that every text has. */
  share: number;
  /** Pairs of characters stand for words where nothing sets words apart. */
  isPair: boolean;
}

/** What is left of a word that every text has. */
const STOP_WORD_SHARE = 0.08;
/** Pairs of hiragana are mostly endings and particles. */
const HIRAGANA_SHARE = 0.15;
const MIXED_SHARE = 0.6;

const STOP_WORDS = {
  en: `a about after all also am an and any are as at be been before being but by can could did do does doing for
    from had has have having he her here him his how i if in into is it its just may me more most must my no not of on one only
    or other our out over own same she should so some such than that the their them then there these they this those to too
    under until up us very was we were what when where which while who whom why will with would you your`,
  de:
    `aber als am auf aus bei bin bis da das dass dem den der des die dies diese dieser dieses durch ein eine einem einen einer
    eines er es fur hat haben ich ihr ihre im ist ja kann kein keine konnen man mein meine mich mir mit muss mussen nach nicht noch
    nur oder ob sein seine sich sie sind so uber um und uns unser vom von vor wann war warum was welche welchem welchen welcher
    welches wenn wer werden wie wieviel wir wird wo wurde zu zum zur zwischen soll sollen darf durfen`,
  fr:
    `au aux avec ce ces cet cette comment d dans de des doit du elle en est et etre faut il ils j je l la le les leur lors mais me
    mon ma mes n ne nos notre nous on ont ou par pas peut pour qu quand que quel quelle quelles quels qui quoi s sa sans se ses si
    son sont sous sur ta tout tous un une votre vous y combien pourquoi`,
  es:
    `al como con cual cuales cuando cuanto cuantos de del debe desde donde e el ella en entre es esta este esto ha hay hasta la las
    le lo los mas me mi no o para pero por porque puede puedo que quien se ser si sin sobre son su sus tiene tengo un una unas
    unos y ya`,
  ar:
    `في من علي الي عن مع هذا هذه ذلك التي الذي ان او ثم كل كما ما ماذا متي هل هو هي لا لم لن قد كان كيف اين كم اي بين بعد قبل حتي
    عند اذا و ايضا يجب يمكن يتم`,
};

const STOP_WORDS_BY_LANGUAGE = Object.entries(STOP_WORDS).map((
  [language, words],
) => [language, new Set(words.split(/\s+/))] as const);
const ANY_STOP_WORD = new Set(
  STOP_WORDS_BY_LANGUAGE.flatMap(([, words]) => [...words]),
);

/** Scripts that do not set words apart: ideographs, kana, Thai, Lao, Khmer, Myanmar. */
const UNSPACED =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー々〇\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]+$/u;
const RUNS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー々〇\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]+|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー々〇\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}])[\p{L}\p{N}])+/gu;
const HIRAGANA = /^[\p{Script=Hiragana}ー]+$/u;
const HAS_HIRAGANA = /\p{Script=Hiragana}/u;
const ASCII = /^[\p{ASCII}]*$/u;

const LETTERS_WITHOUT_ACCENT: Record<string, string> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  đ: "d",
  ł: "l",
  ı: "i",
  ٱ: "ا",
  ى: "ي",
  ة: "ه",
};

/**
 * Lower case, compatibility forms as usual letters, no accents on Latin letters, no vowel marks or hamzas on Arabic
 * ones.
 */
export function fold(text: string): string {
  const lower = text.toLowerCase();
  if (ASCII.test(lower)) return lower;
  return lower.normalize("NFKD")
    .replace(/[\u0300-\u036f\u0640\u064b-\u065f\u0670]/g, "")
    .normalize("NFC")
    .replace(
      /[ßæœøđłıٱىة]/g,
      (letter) => LETTERS_WITHOUT_ACCENT[letter],
    );
}

/** The runs of letters and digits of a folded text; those of scripts without spaces are whole sentences. */
export function runsOf(folded: string): string[] {
  return folded.match(RUNS) ?? [];
}

export function isUnspaced(run: string): boolean {
  return UNSPACED.test(run);
}

export function toWord(run: string): Word {
  const share = ANY_STOP_WORD.has(run) ? STOP_WORD_SHARE : 1;
  return {
    text: run,
    root: share === 1 ? stem(run) : run,
    share,
    isPair: false,
  };
}

/** Every two neighbours of a run; a character alone by itself. */
export function pairsOf(run: string): Word[] {
  const characters = [...run];
  const pairs = characters.length === 1 ? [run] : characters.slice(1).map((next, at) => characters[at] + next);
  return pairs.map((text) => ({
    text,
    root: text,
    share: HIRAGANA.test(text) ? HIRAGANA_SHARE : HAS_HIRAGANA.test(text) ? MIXED_SHARE : 1,
    isPair: true,
  }));
}

/** Whether the words of a text, folded, may be English: no other language has more of its small words. */
export function mayBeEnglish(runs: readonly string[]): boolean {
  const counts = STOP_WORDS_BY_LANGUAGE.map(([language, words]) => ({
    language,
    count: runs.filter((run) => words.has(run)).length,
  }));
  const english = counts.find(({ language }) => language === "en")!.count;
  return counts.every(({ count }) => count <= english);
}

/** Longest first, each with what it leaves behind. */
const ENDINGS: [string, string][] = [
  ["ations", "at"],
  ["ation", "at"],
  ["ciones", "cion"],
  ["ements", ""],
  ["ement", ""],
  ["ments", ""],
  ["mente", ""],
  ["ungen", ""],
  ["keiten", ""],
  ["keit", ""],
  ["ment", ""],
  ["ings", ""],
  ["ness", ""],
  ["ung", ""],
  ["ing", ""],
  ["ies", "y"],
  ["ied", "y"],
  ["ely", ""],
  ["ern", ""],
  ["aux", "al"],
  ["ed", ""],
  ["er", ""],
  ["en", ""],
  ["em", ""],
  ["es", ""],
  ["os", ""],
  ["as", ""],
  ["ly", ""],
  ["s", ""],
  ["e", ""],
  ["o", ""],
  ["a", ""],
];

const ARABIC = /^\p{Script=Arabic}+$/u;
const ARABIC_ARTICLES = ["وال", "بال", "كال", "فال", "ال", "لل"];
const ARABIC_ENDINGS = ["ات", "ون", "ين", "ان", "هم", "ها", "يه", "ه", "ي"];

/**
 * Takes off a folded word's usual endings, so that "renewed" and "renewing" are one word. One set of endings for all
 * languages in Latin letters: a question's own is not known.
 */
export function stem(word: string): string {
  if (word.length < 4 || /\d/.test(word)) return word;
  if (ARABIC.test(word)) return stemArabic(word);
  // The plural's ending first, then what the singular ends with.
  return withoutEnding(withoutEnding(word, 3), 4);
}

function withoutEnding(word: string, shortest: number): string {
  for (const [ending, rest] of ENDINGS) {
    if (!word.endsWith(ending) || word.endsWith("ss")) continue;
    const root = word.slice(0, word.length - ending.length) + rest;
    if (root.length < shortest) continue;
    return root.replace(/([bdgklmnprt])\1$/, "$1");
  }
  return word;
}

function stemArabic(word: string): string {
  let root = word;
  const article = ARABIC_ARTICLES.find((one) => root.startsWith(one));
  if (article && root.length - article.length >= 3) {
    root = root.slice(article.length);
  }
  const ending = ARABIC_ENDINGS.find((one) => root.endsWith(one));
  if (ending && root.length - ending.length >= 3) {
    root = root.slice(0, root.length - ending.length);
  }
  return root;
}
