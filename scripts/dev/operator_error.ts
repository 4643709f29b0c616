/** What was asked cannot be done; `remedy` is what the operator can do about it. */
export class OperatorError extends Error {
  override name = "OperatorError";

  constructor(
    message: string,
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
