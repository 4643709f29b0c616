/**
 * Whether a URL's host can only be reached from within its own network: loopback, private and link-local addresses, and
 * names that are not in public DNS. `hostname` as `URL` returns it, which has normalised other spellings of an address
 * (`0x7f.1`, `2130706433`).
 */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/\.$/, "");
  if (host.startsWith("[")) return isPrivateIpv6(host.slice(1, -1));
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return isPrivateIpv4(host);
  return !host.includes(".") ||
    /\.(localhost|local|internal|lan|home\.arpa|test|invalid)$/.test(host);
}

/** RFC 6890: this host, private use, carrier-grade NAT, loopback, link-local, benchmarks, multicast and above. */
function isPrivateIpv4(address: string): boolean {
  const [a, b] = address.split(".").map(Number);
  return a === 0 || a === 10 || a === 127 || a >= 224 ||
    (a === 100 && b >= 64 && b < 128) ||
    (a === 169 && b === 254) ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168) ||
    (a === 198 && (b === 18 || b === 19));
}

/** Only 2000::/3 is routed publicly; for IPv4 addresses inside it (NAT64, 6to4) the rules above apply. */
function isPrivateIpv6(address: string): boolean {
  return !/^[23][0-9a-f]{3}:/.test(address) || address.startsWith("2002:");
}
