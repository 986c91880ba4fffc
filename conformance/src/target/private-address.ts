/** Only loopback and private addresses are asked, unless the user says otherwise: a suite is no stranger's problem. */
import { lookup } from 'node:dns/promises';
import { BlockList, isIPv6 } from 'node:net';

const near = new BlockList();
for (const [net, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
] as const) {
  near.addSubnet(net, prefix, 'ipv4');
}
near.addAddress('::1', 'ipv6');
near.addSubnet('fc00::', 7, 'ipv6');
near.addSubnet('fe80::', 10, 'ipv6');

export function isPrivate(ip: string): boolean {
  return near.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4');
}

/** The address of a name, IPv4 first; a RangeError where it is public and that was not allowed. */
export async function privateAddressOf(name: string, allowPublic: boolean): Promise<string> {
  const found = await lookup(name, { all: true, order: 'ipv4first' });
  const ip = found[0]?.address;
  if (ip === undefined) throw new RangeError(`${name} has no address`);
  if (!allowPublic && !isPrivate(ip)) {
    throw new RangeError(
      `${name} is ${ip}, a public address. The suite sends what no client sends; ask only what is yours, with --allow-public`,
    );
  }
  return ip;
}
