/** An error that its reader can act on: the message says what failed, the remedy what to do about it. */
export class ErrorWithRemedy extends Error {
  override name = "ErrorWithRemedy";
  /** Stable and machine-readable; commands show it with `--json`. */
  readonly code: string;

  constructor(
    message: string,
    readonly remedy: string,
    { code = "failed", ...options }: ErrorOptions & { code?: string } = {},
  ) {
    super(message, options);
    this.code = code;
  }
}

/** The command line cannot be understood, or names something that does not exist. */
export class UsageError extends ErrorWithRemedy {
  override name = "UsageError";

  constructor(message: string, remedy: string) {
    super(message, remedy, { code: "usage" });
  }
}
