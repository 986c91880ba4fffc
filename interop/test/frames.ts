/** Capture files for tests: frames put together by hand, with the checksums left out. */
export interface Frame {
  readonly time?: number;
  readonly from: string;
  readonly to: string;
  readonly udp?: Uint8Array;
  readonly tcp?: Uint8Array;
  readonly sequence?: number;
  readonly syn?: boolean;
}

export function captureOf(frames: readonly Frame[]): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt32LE(1, 20);
  return Buffer.concat([head, ...frames.flatMap(record)]);
}

function record(frame: Frame): Buffer[] {
  const bytes = ethernet(frame);
  const head = Buffer.alloc(16);
  const time = frame.time ?? 1;
  head.writeUInt32LE(Math.floor(time), 0);
  head.writeUInt32LE(Math.round((time % 1) * 1e6), 4);
  head.writeUInt32LE(bytes.length, 8);
  head.writeUInt32LE(bytes.length, 12);
  return [head, bytes];
}

function ethernet(frame: Frame): Buffer {
  const [from, to] = [frame.from, frame.to].map((text) => {
    const at = text.lastIndexOf(':');
    return { ip: text.slice(0, at).replace(/[[\]]/g, ''), port: Number(text.slice(at + 1)) };
  }) as [{ ip: string; port: number }, { ip: string; port: number }];
  const segment = frame.udp === undefined ? tcp(frame, from.port, to.port) : udp(frame.udp, from.port, to.port);
  const protocol = frame.udp === undefined ? 6 : 17;
  const six = from.ip.includes(':');
  const link = Buffer.alloc(14);
  link.writeUInt16BE(six ? 0x86dd : 0x0800, 12);
  return Buffer.concat([link, six ? ipv6(from.ip, to.ip, protocol, segment) : ipv4(from.ip, to.ip, protocol, segment)]);
}

function ipv4(from: string, to: string, protocol: number, segment: Buffer): Buffer {
  const head = Buffer.alloc(20);
  head[0] = 0x45;
  head.writeUInt16BE(20 + segment.length, 2);
  head[9] = protocol;
  head.set(from.split('.').map(Number), 12);
  head.set(to.split('.').map(Number), 16);
  return Buffer.concat([head, segment]);
}

function ipv6(from: string, to: string, protocol: number, segment: Buffer): Buffer {
  const head = Buffer.alloc(40);
  head[0] = 0x60;
  head.writeUInt16BE(segment.length, 4);
  head[6] = protocol;
  [from, to].forEach((ip, index) => {
    const [before = '', after = ''] = ip.split('::');
    before
      .split(':')
      .forEach((group, i) => void head.writeUInt16BE(Number.parseInt(group, 16), 8 + 16 * index + 2 * i));
    head.writeUInt16BE(Number.parseInt(after, 16), 8 + 16 * index + 14);
  });
  return Buffer.concat([head, segment]);
}

function udp(payload: Uint8Array, from: number, to: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(from, 0);
  head.writeUInt16BE(to, 2);
  head.writeUInt16BE(8 + payload.length, 4);
  return Buffer.concat([head, payload]);
}

function tcp(frame: Frame, from: number, to: number): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt16BE(from, 0);
  head.writeUInt16BE(to, 2);
  head.writeUInt32BE((frame.sequence ?? 0) >>> 0, 4);
  head[12] = 0x50;
  head[13] = frame.syn === true ? 2 : 0x10;
  return Buffer.concat([head, frame.tcp ?? Buffer.alloc(0)]);
}

export const HASH = 'ab'.repeat(20);

export function handshake(hash = HASH): Buffer {
  const protocol = Buffer.from('\x13BitTorrent protocol', 'latin1');
  return Buffer.concat([protocol, Buffer.alloc(8), Buffer.from(hash, 'hex'), Buffer.from('-XX0001-abcdefghijkl')]);
}

export function message(id: number, body: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(1 + body.length);
  head[4] = id;
  return Buffer.concat([head, body]);
}

export function block(piece: number, begin: number, length: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(piece, 0);
  head.writeUInt32BE(begin, 4);
  return message(7, Buffer.concat([head, Buffer.alloc(length)]));
}
