import postgres from "postgres";

/**
 * A small pool. Over a network it is encrypted, whatever the server would settle for; a database on this machine speaks no
 * TLS.
 */
export function connect(databaseUrl: string): postgres.Sql {
  return postgres(databaseUrl, {
    max: 2,
    ssl: isLoopback(databaseUrl) ? false : "require",
    prepare: false,
    onnotice() {},
  });
}

/** The address as the CLI takes it: by the same rule, and without the password, which arguments would show to everybody. */
export function addressForCli(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  url.password = "";
  url.searchParams.set(
    "sslmode",
    isLoopback(databaseUrl) ? "disable" : "require",
  );
  return url.href;
}

function isLoopback(databaseUrl: string): boolean {
  return ["127.0.0.1", "localhost"].includes(new URL(databaseUrl).hostname);
}
