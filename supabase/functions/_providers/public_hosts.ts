import { lookup } from "node:dns/promises";
import { isPrivateHost } from "./private_hosts.ts";

/** The addresses of a name, as this machine resolves it. */
export type Resolve = (hostname: string) => Promise<string[]>;

/**
 * Whether a URL's host is public and all addresses of its name are too, now. `fetch` resolves the name again and cannot
 * be given an address, so a DNS owner who gives two different answers is not stopped by this check; a host inside the
 * network would have to serve HTTPS with a certificate for that name.
 * @throws if the name cannot be resolved
 */
export async function isPublicHost(
  hostname: string,
  resolve: Resolve = resolveName,
): Promise<boolean> {
  if (isPrivateHost(hostname)) return false;
  if (isAddress(hostname)) return true;
  const addresses = await resolve(hostname);
  return addresses.every((address) => !isPrivateHost(address.includes(":") ? canonicalIpv6(address) : address));
}

async function resolveName(hostname: string): Promise<string[]> {
  const found = await lookup(hostname, { all: true });
  return found.map(({ address }) => address);
}

/** Hosts as `URL` returns them: names and addresses normalised. */
function isAddress(hostname: string): boolean {
  return hostname.startsWith("[") || /^\d+\.\d+\.\d+\.\d+$/.test(hostname);
}

function canonicalIpv6(address: string): string {
  return new URL(`http://[${address.replace(/%.*$/, "")}]`).hostname;
}
