/** How the network is reached from this machine: what programs may know of its environment where they know no more. */
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

/** Those of them that are set, and of any others that a program needs. */
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
