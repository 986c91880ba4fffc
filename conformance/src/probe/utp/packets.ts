/** The probe's own uTP packets (BEP 29, header format): writes whatever it is told, reads without judging. */
export const types = { data: 0, fin: 1, state: 2, reset: 3, syn: 4 } as const;
export const headLength = 20;
export const selectiveAck = 1;

export interface Extension {
  readonly type: number;
  readonly bytes: Uint8Array;
}

export interface Packet {
  readonly type: number;
  readonly version: number;
  readonly id: number;
  /** Microseconds, 32 bits of them. */
  readonly timestamp: number;
  readonly difference: number;
  readonly window: number;
  readonly seq: number;
  readonly ack: number;
  readonly extensions: readonly Extension[];
  readonly payload: Uint8Array;
}

export function writePacket(packet: Partial<Packet> & Pick<Packet, 'type' | 'id'>): Uint8Array {
  const { version = 1, extensions = [], payload = new Uint8Array() } = packet;
  const head = Buffer.alloc(headLength);
  head[0] = (packet.type << 4) | version;
  head[1] = extensions[0]?.type ?? 0;
  head.writeUInt16BE(packet.id & 0xffff, 2);
  head.writeUInt32BE((packet.timestamp ?? 0) >>> 0, 4);
  head.writeUInt32BE((packet.difference ?? 0) >>> 0, 8);
  head.writeUInt32BE((packet.window ?? 0) >>> 0, 12);
  head.writeUInt16BE((packet.seq ?? 0) & 0xffff, 16);
  head.writeUInt16BE((packet.ack ?? 0) & 0xffff, 18);
  const chain = extensions.map(({ bytes }, at) =>
    Buffer.concat([Uint8Array.of(extensions[at + 1]?.type ?? 0, bytes.length), bytes]),
  );
  return new Uint8Array(Buffer.concat([head, ...chain, payload]));
}

/** Undefined where it is too short for its head or its extensions. */
export function readPacket(bytes: Uint8Array): Packet | undefined {
  if (bytes.length < headLength) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const extensions: Extension[] = [];
  let at = headLength;
  for (let type = view[1]!; type !== 0; ) {
    const length = view[at + 1];
    if (length === undefined || at + 2 + length > view.length) return undefined;
    extensions.push({ type, bytes: bytes.subarray(at + 2, at + 2 + length) });
    type = view[at]!;
    at += 2 + length;
  }
  return {
    type: view[0]! >> 4,
    version: view[0]! & 15,
    id: view.readUInt16BE(2),
    timestamp: view.readUInt32BE(4),
    difference: view.readUInt32BE(8),
    window: view.readUInt32BE(12),
    seq: view.readUInt16BE(16),
    ack: view.readUInt16BE(18),
    extensions,
    payload: bytes.subarray(at),
  };
}

/** Whether sequence number `a` is before `b`, round the corner too. */
export function isBefore(a: number, b: number): boolean {
  return ((b - a) & 0xffff) !== 0 && ((b - a) & 0xffff) < 0x8000;
}

/** The sequence numbers that a selective ack tells of: bit 0 of its first byte is the second behind the ack (BEP 29, selective ACK). */
export function selected({ ack, extensions }: Packet): readonly number[] {
  const mask = extensions.find(({ type }) => type === selectiveAck)?.bytes ?? new Uint8Array();
  const bits = Array.from({ length: 8 * mask.length }, (_, at) => at);
  return bits.filter((at) => (mask[at >> 3]! & (1 << (at & 7))) !== 0).map((at) => (ack + 2 + at) & 0xffff);
}

export function selectiveAckOf(ack: number, held: readonly number[]): Extension {
  const offsets = held.map((seq) => (seq - ack - 2) & 0xffff).filter((offset) => offset < 2_000);
  const bytes = new Uint8Array(4 * Math.max(1, Math.ceil((Math.max(-1, ...offsets) + 1) / 32)));
  for (const offset of offsets) bytes[offset >> 3]! |= 1 << (offset & 7);
  return { type: selectiveAck, bytes };
}

/** Microseconds of a clock that does not jump. */
export function nowMicroseconds(): number {
  return Math.floor(performance.now() * 1_000) % 2 ** 32;
}

export function describePacket(bytes: Uint8Array): string {
  const packet = readPacket(bytes);
  if (packet === undefined) return `${bytes.length} bytes that are no packet`;
  const { type, version, id, seq, ack, window, payload, extensions } = packet;
  const name = Object.entries(types).find(([, known]) => known === type)?.[0] ?? `type ${type}`;
  const more = extensions.map((each) => `, extension ${each.type} of ${each.bytes.length} bytes`).join('');
  const odd = version === 1 ? '' : `, version ${version}`;
  return `${name}, id ${id}, seq ${seq}, ack ${ack}, window ${window}, ${payload.length} bytes${more}${odd}`;
}
