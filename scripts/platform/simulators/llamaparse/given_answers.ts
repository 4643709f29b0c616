import type { GivenAnswer, LlamaParseControl } from "./faults.ts";

/** Which documents get a result that was given instead of one that was read. */
export class GivenAnswers {
  readonly #byDocument = new Map<string, GivenAnswer>();

  constructor(readonly control: LlamaParseControl) {}

  /**
   * The result for this reading of a document, if one was given. A document keeps its answer, so that reading it again,
   * or some of its pages, says the same; once that was given often enough, the next one stands for it.
   *
   * @param sha256 of the document
   */
  take(sha256: string): GivenAnswer | undefined {
    const kept = this.#byDocument.get(sha256);
    const answer = kept ?? this.#next(sha256);
    if (!answer) return undefined;
    const left = answer.times === undefined ? undefined : answer.times - 1;
    if (left === 0) this.#byDocument.delete(sha256);
    else this.#byDocument.set(sha256, { ...answer, times: left });
    return answer;
  }

  forget(): void {
    this.#byDocument.clear();
  }

  #next(sha256: string): GivenAnswer | undefined {
    const { answers } = this.control.faults;
    const answer = answers.find((one) => one.sha256 === sha256) ??
      answers.find((one) => one.sha256 === undefined);
    this.control.faults.answers = answers.filter((one) => one !== answer);
    return answer;
  }
}
