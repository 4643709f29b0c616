/** `preview` is asked while the user types: by words alone, which costs nothing. `whole` is asked as the user set it. */
export type How = "preview" | "whole";

export interface AskingOptions {
  ask(question: string, how: How): void;
  /** Called with true when a question is held back, so that the user must press Enter, and with false when none is. */
  onHeld(isHeld: boolean): void;
}

/** A pause within a question. Who types fast makes shorter ones, so that words cost a request only now and then. */
export const PREVIEW_MS = 300;
/** A pause after a question. */
export const WHOLE_MS = 1_200;
/** Questions that may be asked at once without Enter, and how often one more may: 600 of the 1,000 requests an hour. */
export const MOST_AT_ONCE = 12;
export const EACH_MS = 6_000;

/**
 * Decides when the question in the box is asked: words after a short pause in typing, the whole question after a longer
 * one or on Enter. It spends a part of the hour's requests at most, whatever is typed; Enter always asks.
 */
export class Asking {
  #options: AskingOptions;
  #preview: ReturnType<typeof setTimeout> | undefined;
  #whole: ReturnType<typeof setTimeout> | undefined;
  #last: { question: string; how: How } = { question: "", how: "whole" };
  #allowed = MOST_AT_ONCE;
  #countedAt = Date.now();
  #restsUntil = 0;

  constructor(options: AskingOptions) {
    this.#options = options;
  }

  /** The box has changed. */
  type(text: string, { hasPreview }: { hasPreview: boolean }): void {
    this.cancel();
    const question = text.trim();
    if (question === "") this.#ask("", "whole");
    if (!isWorthAsking(question)) return;
    const { question: last, how } = this.#last;
    if (last === question && how === "whole") return;
    if (hasPreview && last !== question) {
      this.#preview = setTimeout(() => this.#askIfAllowed(question, "preview"), PREVIEW_MS);
    }
    this.#whole = setTimeout(() => this.#askIfAllowed(question, "whole"), WHOLE_MS);
  }

  /** The user pressed Enter, or changed what is searched. */
  submit(text: string): void {
    this.cancel();
    this.#ask(text.trim(), "whole");
  }

  /** After a refusal: asks nothing without Enter for so long. */
  rest(seconds: number): void {
    this.#restsUntil = Date.now() + 1_000 * seconds;
  }

  /** Forgets what was going to be asked. */
  cancel(): void {
    clearTimeout(this.#preview);
    clearTimeout(this.#whole);
    this.#options.onHeld(false);
  }

  #ask(question: string, how: How): void {
    this.#last = { question, how };
    this.#options.ask(question, how);
  }

  #askIfAllowed(question: string, how: How): void {
    const now = Date.now();
    this.#allowed = Math.min(MOST_AT_ONCE, this.#allowed + (now - this.#countedAt) / EACH_MS);
    this.#countedAt = now;
    if (now >= this.#restsUntil && this.#allowed >= 1) {
      this.#allowed--;
      this.#ask(question, how);
    } else if (how === "whole") this.#options.onHeld(true);
  }
}

/** One letter of an alphabet begins too many words; one Chinese character is a word. */
function isWorthAsking(question: string): boolean {
  return question.length > 1 || /\p{Lo}/u.test(question);
}
