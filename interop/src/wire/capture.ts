/** A capture file of tcpdump as packets: Ethernet, IPv4 and IPv6, TCP and UDP. What is anything else is counted and left out. */

export interface Packet {
  /** Seconds. */
  readonly time: number;
  readonly protocol: 'tcp' | 'udp';
  readonly from: Place;
  readonly to: Place;
  readonly payload: Buffer;
  /** TCP alone. */
  readonly sequence: number;
  readonly syn: boolean;
}

export interface Place {
  readonly ip: string;
  readonly port: number;
}

export const nameOf = (place: Place): string =>
  place.ip.includes(':') ? `[${place.ip}]:${place.port}` : `${place.ip}:${place.port}`;

const FILE_HEAD = 24;
const RECORD_HEAD = 16;
const MICROSECONDS = 0xa1b2c3d4;

export function* readCapture(file: Buffer): Generator<Packet> {
  if (file.length < FILE_HEAD) return;
  if (file.readUInt32LE(0) !== MICROSECONDS) throw new Error('no capture file of this kind of machine');
  if (file.readUInt32LE(20) !== 1) throw new Error('no capture of Ethernet');
  for (let at = FILE_HEAD; at + RECORD_HEAD <= file.length; ) {
    const length = file.readUInt32LE(at + 8);
    const time = file.readUInt32LE(at) + file.readUInt32LE(at + 4) / 1e6;
    at += RECORD_HEAD;
    // The last record of a capture that was cut short.
    if (at + length > file.length) return;
    const packet = ethernet(file.subarray(at, at + length), time);
    if (packet !== undefined) yield packet;
    at += length;
  }
}

function ethernet(frame: Buffer, time: number): Packet | undefined {
  if (frame.length < 14) return undefined;
  const kind = frame.readUInt16BE(12);
  if (kind === 0x0800) return ipv4(frame.subarray(14), time);
  return kind === 0x86dd ? ipv6(frame.subarray(14), time) : undefined;
}

function ipv4(packet: Buffer, time: number): Packet | undefined {
  if (packet.length < 20) return undefined;
  const head = (packet[0]! & 15) * 4;
  const fragmentOffset = packet.readUInt16BE(6) & 0x1fff;
  // Segments that the sender's kernel leaves to the network card may say 0 here.
  const length = packet.readUInt16BE(2) || packet.length;
  if (fragmentOffset !== 0) return undefined;
  const ips = { from: packet.subarray(12, 16).join('.'), to: packet.subarray(16, 20).join('.') };
  return transport(packet[9]!, packet.subarray(head, length), ips, time);
}

function ipv6(packet: Buffer, time: number): Packet | undefined {
  if (packet.length < 40) return undefined;
  const length = packet.readUInt16BE(4) || packet.length - 40;
  const ips = { from: ipv6Text(packet.subarray(8, 24)), to: ipv6Text(packet.subarray(24, 40)) };
  return transport(packet[6]!, packet.subarray(40, 40 + length), ips, time);
}

function transport(
  protocol: number,
  bytes: Buffer,
  ips: { readonly from: string; readonly to: string },
  time: number,
): Packet | undefined {
  if (bytes.length < 8 || (protocol !== 6 && protocol !== 17)) return undefined;
  const from = { ip: ips.from, port: bytes.readUInt16BE(0) };
  const to = { ip: ips.to, port: bytes.readUInt16BE(2) };
  if (protocol === 17) {
    return { time, protocol: 'udp', from, to, payload: bytes.subarray(8), sequence: 0, syn: false };
  }
  if (bytes.length < 20) return undefined;
  const payload = bytes.subarray((bytes[12]! >> 4) * 4);
  const syn = (bytes[13]! & 2) !== 0;
  return { time, protocol: 'tcp', from, to, payload, sequence: bytes.readUInt32BE(4), syn };
}

/** As people write it: the longest run of zeros left out. */
export function ipv6Text(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16));
  const zeros = [...groups.join(':').matchAll(/\b0(?::0\b)+/g)].sort((a, b) => b[0].length - a[0].length)[0];
  if (zeros === undefined) return groups.join(':');
  const whole = groups.join(':');
  const before = whole.slice(0, zeros.index).replace(/:$/, '');
  return `${before}::${whole.slice(zeros.index + zeros[0].length).replace(/^:/, '')}`;
}
