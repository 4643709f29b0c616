import { isIP, isIPv4 } from "node:net";

export const ADDRESS_HEADERS = ["cf-connecting-ip", "x-forwarded-for"] as const;
/** The header that holds the caller's address; the platform overwrites what the client sends. */
export type AddressHeader = (typeof ADDRESS_HEADERS)[number];

/**
 * Hosted Supabase is behind Cloudflare, which sets `cf-connecting-ip` itself.
 * Elsewhere a client may set that header, so it is trusted only if the operator
 * configures it.
 * https://developers.cloudflare.com/fundamentals/reference/http-headers/#cf-connecting-ip
 */
export function addressHeaderOf(
  { SUPABASE_URL, CLIENT_ADDRESS_HEADER }: {
    SUPABASE_URL: string;
    CLIENT_ADDRESS_HEADER?: AddressHeader;
  },
): AddressHeader {
  const isHosted = new URL(SUPABASE_URL).hostname.endsWith(".supabase.co");
  return CLIENT_ADDRESS_HEADER ??
    (isHosted ? "cf-connecting-ip" : "x-forwarded-for");
}

/**
 * The address that a request came from, as far as the platform vouches for it: the trusted header or, without it, the
 * last entry of `x-forwarded-for`, since a client can invent the entries before it. Behind a proxy that sets neither,
 * all callers share one rate limit. An IPv6 address is reduced to its /64, since one household or machine has all the
 * addresses in it.
 */
export function clientAddress(
  request: Request,
  believed: AddressHeader,
): string {
  const cloudflare = believed === "cf-connecting-ip" ? request.headers.get(believed) : null;
  const given = cloudflare ??
    request.headers.get("x-forwarded-for")?.split(",").at(-1);
  const address = given?.trim().toLowerCase();
  if (!address) return "unknown";
  return address.includes(":") ? ipv6Network(address) : address;
}

/**
 * The address by which Auth counts what the API asks of it for a request (`Sb-Forwarded-For`): its `clientAddress`, for
 * IPv6 the first address of its /64. Null if no trusted header names an address. A header of that name from the caller
 * is ignored.
 */
export function forwardableAddress(address: string): string | null {
  const single = address.replace(/\/64$/, "");
  return isIP(single) ? single : null;
}

/**
 * The network of a `clientAddress`, wide enough for several people to share it (an IPv4 /24, an IPv6 /48), for records
 * that outlast the request; null if the address is unknown.
 */
export function clientNetwork(address: string): string | null {
  const mapped = address.match(/^::ffff:([0-9a-f]+):[0-9a-f]+$/)?.[1];
  if (mapped) {
    const bytes = [parseInt(mapped, 16) >> 8, parseInt(mapped, 16) & 255];
    const third = parseInt(address.split(":").at(-1)!, 16) >> 8;
    return `${[...bytes, third].join(".")}.0/24`;
  }
  if (isIPv4(address)) return `${address.replace(/\.\d+$/, "")}.0/24`;
  const [groups, rest] = address.split("::");
  return rest === "/64" ? `${groups.split(":").slice(0, 3).join(":")}::/48` : null;
}

/**
 * The first four groups, written out; anything but IPv6 is returned as it is.
 */
function ipv6Network(address: string): string {
  let normal: string;
  try {
    normal = new URL(`http://[${address}]`).hostname.slice(1, -1);
  } catch {
    return address;
  }
  const [head, tail] = normal.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail ? tail.split(":") : [];
  const zeros = Array(8 - before.length - after.length).fill("0");
  const groups = tail === undefined ? before : [...before, ...zeros, ...after];
  // An IPv4-mapped IPv6 address is one address, not a network.
  const isIpv4 = groups.slice(0, 5).every((group) => group === "0") &&
    groups[5] === "ffff";
  return isIpv4 ? normal : `${groups.slice(0, 4).join(":")}::/64`;
}
