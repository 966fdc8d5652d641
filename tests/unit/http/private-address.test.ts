import { describe, expect, test } from "bun:test";
import { isLocalName, isPrivateAddress } from "../../../src/http/private-address.ts";

describe("isPrivateAddress", () => {
  test.each([
    ["loopback", "127.0.0.1"],
    ["loopback, its far end", "127.255.255.254"],
    ["10/8", "10.0.0.1"],
    ["172.16/12", "172.16.0.1"],
    ["172.16/12, its far end", "172.31.255.255"],
    ["192.168/16", "192.168.1.1"],
    ["link-local, cloud metadata", "169.254.169.254"],
    ["Alibaba's metadata", "100.100.100.200"],
    ["carrier NAT", "100.64.0.1"],
    ["carrier NAT, its far end", "100.127.255.255"],
    ["this host", "0.0.0.0"],
    ["this network", "0.1.2.3"],
    ["multicast", "224.0.0.1"],
    ["broadcast", "255.255.255.255"],
    ["reserved", "240.0.0.1"],
    ["benchmarks", "198.18.0.1"],
    ["documentation", "192.0.2.1"],
    ["IETF", "192.0.0.1"],
    ["IPv6 loopback", "::1"],
    ["IPv6 unspecified", "::"],
    ["IPv6 unique local, fc00", "fc00::1"],
    ["IPv6 unique local, fd00 (AWS metadata)", "fd00:ec2::254"],
    ["IPv6 link-local", "fe80::1"],
    ["IPv6 link-local with a zone", "fe80::1%eth0"],
    ["IPv6 site-local", "fec0::1"],
    ["IPv6 multicast", "ff02::1"],
    ["IPv4 mapped", "::ffff:127.0.0.1"],
    ["IPv4 mapped, in hex", "::ffff:7f00:1"],
    ["IPv4 mapped, private", "::ffff:10.0.0.1"],
    ["IPv4 compatible", "::127.0.0.1"],
    ["IPv4 compatible, in hex", "::7f00:1"],
    ["NAT64", "64:ff9b::7f00:1"],
    ["NAT64, local use", "64:ff9b:1::a00:1"],
    ["6to4", "2002:7f00:1::"],
    ["Teredo", "2001:0:7f00:1::"],
    ["documentation, IPv6", "2001:db8::1"],
    ["not an address", "example.com"],
    ["nothing", ""],
  ])("%s: %s", (_name, address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });

  test.each([
    "1.1.1.1",
    "93.184.216.34",
    "172.15.0.1",
    "172.32.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "169.253.0.1",
    "2606:4700:4700::1111",
    "::ffff:1.1.1.1",
  ])("public: %s", (address) => {
    expect(isPrivateAddress(address)).toBe(false);
  });
});

describe("isLocalName", () => {
  test.each([
    "localhost",
    "LOCALHOST",
    "localhost.",
    "app.localhost",
    "printer.local",
    "metadata.google.internal",
    "metadata.google.internal.",
    "wiki.corp",
    "wiki.intranet",
    "nas.lan",
    "nas.home",
    "router.home.arpa",
    "localhost.localdomain",
    "intranet",
    "kubernetes",
  ])("%s is local", (host) => {
    expect(isLocalName(host)).toBe(true);
  });

  test.each([
    "example.com",
    "localhost.example.com",
    "local.example",
    "notlocal.dev",
    "a.internal.example.com",
    "homes.com",
  ])("%s is not", (host) => {
    expect(isLocalName(host)).toBe(false);
  });
});
