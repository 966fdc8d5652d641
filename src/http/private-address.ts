import ipaddr from "ipaddr.js";

/**
 * Whether an address is anything but a public one: loopback, private, link-local (cloud metadata lives there),
 * carrier NAT, multicast, reserved, and IPv6 forms that wrap an IPv4 address.
 */
export function isPrivateAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return true;
  const parsed = ipaddr.process(address);
  return parsed.range() !== "unicast";
}

/** Names that mean this machine or its network, whoever resolves them. */
export function isLocalName(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, "");
  return (
    name === "localhost" || /\.(?:localhost|local|internal|intranet|lan|home|corp)$/.test(name) || !/[.:]/.test(name)
  );
}
