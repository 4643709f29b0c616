/** The stack cannot do what was asked; `remedy` is what the reader can do about it. */
export class StackError extends Error {
  override name = "StackError";

  constructor(
    message: string,
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
