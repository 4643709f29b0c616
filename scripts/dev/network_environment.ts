/** The variables with this machine's network settings, for programs that get no other ones. */
const VARIABLES = [
  "DENO_CERT",
  "DENO_TLS_CA_STORE",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "ALL_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "all_proxy",
  "no_proxy",
];

/** Those of them that are set, and further ones that a program needs. */
export function networkEnvironment(
  others: string[] = [],
): Record<string, string> {
  return Object.fromEntries(
    [...VARIABLES, ...others].flatMap((name) => {
      const value = Deno.env.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
