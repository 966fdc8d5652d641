import ipaddr from "ipaddr.js";

/** `::127.0.0.1` and the like: IPv4 in IPv6's old clothes, which the library takes for a public address. */
const IPV4_COMPATIBLE = ipaddr.IPv6.parseCIDR("::/96");

/**
 * Whether an address is anything but a public one: loopback, private, link-local (cloud metadata lives there),
 * carrier NAT, multicast, reserved, and IPv6 forms that wrap an IPv4 address.
 */
export function isPrivateAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return true;
  const parsed = ipaddr.process(address);
  if (parsed instanceof ipaddr.IPv6 && parsed.match(IPV4_COMPATIBLE)) return true;
  return parsed.range() !== "unicast";
}

/** Names that mean this machine or its network, whoever resolves them. */
export function isLocalName(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, "");
  return (
    name === "localhost" ||
    /\.(?:localhost|localdomain|local|internal|intranet|lan|home|home\.arpa|corp)$/.test(name) ||
    !/[.:]/.test(name)
  );
}
