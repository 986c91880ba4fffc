/** uTP conversations of a capture (BEP 29, header format), put together by sequence number. */
import { nameOf, type Packet } from './capture.ts';
import { type Conversation, Stream } from './stream.ts';

const HEAD = 20;
const DATA = 0;
const SYN = 4;

/** Does this datagram read as uTP? Anything else that begins like this is too short, or of another version. */
export function isUtp(bytes: Buffer): boolean {
  return bytes.length >= HEAD && (bytes[0]! & 15) === 1 && bytes[0]! >> 4 <= SYN && bytes[1]! <= 3;
}

interface Side {
  readonly stream: Stream;
  /** Number of the packet that carries the first byte. Of the one who is called it is known once it sends some. */
  first: number | undefined;
  readonly starts: Map<number, Buffer>;
  length: number;
  next: number;
}

export class UtpConversations {
  packets = 0;
  readonly #calls = new Map<string, { readonly there: Side; back: Side | undefined }>();

  take(packet: Packet): void {
    this.packets++;
    const { payload: bytes, from, to, time } = packet;
    const type = bytes[0]! >> 4;
    const id = bytes.readUInt16BE(2);
    const sequence = bytes.readUInt16BE(16);
    if (type === SYN) {
      const key = `${nameOf(from)} ${nameOf(to)} ${id}`;
      const side = sideOf(new Stream(from, to, time), sequence + 1);
      if (!this.#calls.has(key)) this.#calls.set(key, { there: side, back: undefined });
      return;
    }
    // The caller sends with the number after that of its SYN, the other one with that of the SYN.
    const called = this.#calls.get(`${nameOf(to)} ${nameOf(from)} ${id}`);
    if (called !== undefined) {
      called.back ??= sideOf(new Stream(from, to, time), undefined);
      if (type === DATA) put(called.back, sequence, bytes, time);
      return;
    }
    const calling = this.#calls.get(`${nameOf(from)} ${nameOf(to)} ${(id - 1) & 0xffff}`);
    if (calling !== undefined && type === DATA) put(calling.there, sequence, bytes, time);
  }

  conversations(): Conversation[] {
    for (const { there, back } of this.#calls.values()) {
      for (const side of [there, back]) if (side !== undefined && side.starts.size > 0) side.stream.gap = true;
    }
    return [...this.#calls.values()].flatMap(({ there, back }) =>
      back === undefined ? [] : [{ transport: 'utp', there: there.stream, back: back.stream }],
    );
  }
}

function sideOf(stream: Stream, first: number | undefined): Side {
  return { stream, first, starts: new Map(), length: 0, next: 0 };
}

/** Packets carry numbers, streams want positions: what comes early waits until all before it is known. */
function put(side: Side, sequence: number, bytes: Buffer, time: number): void {
  const payload = payloadOf(bytes);
  side.first ??= sequence;
  let index = (sequence - side.first) & 0xffff;
  // The nearest count to what is expected: numbers start again after 65,536 packets.
  index += 0x1_0000 * Math.round((side.next - index) / 0x1_0000);
  if (index < side.next) {
    side.stream.repeated += payload.length;
    return;
  }
  side.starts.set(index, payload);
  for (let ready = side.starts.get(side.next); ready !== undefined; ready = side.starts.get(side.next)) {
    side.starts.delete(side.next);
    side.stream.put(side.length, ready, time);
    side.length += ready.length;
    side.next++;
  }
}

function payloadOf(bytes: Buffer): Buffer {
  let kind = bytes[1]!;
  let at = HEAD;
  // As many as there are: some pad probes of the path's size with them.
  while (kind !== 0 && at + 2 <= bytes.length) {
    kind = bytes[at]!;
    at += 2 + bytes[at + 1]!;
  }
  return bytes.subarray(at);
}
