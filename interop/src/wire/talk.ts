/** What two peers said to each other (BEP 3, BEP 6, BEP 9, BEP 10, BEP 11, BEP 52): counted, timed, nothing judged. */
import { type Bencoded, decodeDictionary, decodeFirst, text } from '../bencode.ts';
import type { Place } from './capture.ts';
import type { Conversation, Stream } from './stream.ts';

export interface Voice {
  readonly from: Place;
  readonly peerId: string;
  /** How it calls itself (BEP 10, v). */
  readonly agent: string;
  readonly infoHash: string;
  /** Messages by name, extension messages among them. */
  readonly messages: Readonly<Record<string, number>>;
  /** Bytes of blocks sent, and of those the ones sent more than once. */
  readonly payload: number;
  readonly duplicate: number;
  readonly firstBlockAt: number | undefined;
  readonly lastBlockAt: number | undefined;
  readonly firstPieceAt: number | undefined;
  readonly lastMetadataAt: number | undefined;
}

export interface Talk {
  readonly transport: 'tcp' | 'utp';
  readonly startedAt: number;
  /** The caller first. */
  readonly voices: readonly [Voice, Voice];
}

const PROTOCOL = Buffer.from('\x13BitTorrent protocol', 'latin1');
const HANDSHAKE = 68;
const MESSAGE_MAX = 4_000_000;
const NAMES: Readonly<Record<number, string>> = {
  0: 'choke',
  1: 'unchoke',
  2: 'interested',
  3: 'not-interested',
  4: 'have',
  5: 'bitfield',
  6: 'request',
  7: 'piece',
  8: 'cancel',
  9: 'port',
  13: 'suggest',
  14: 'have-all',
  15: 'have-none',
  16: 'reject',
  17: 'allowed-fast',
  20: 'extended',
  21: 'hash-request',
  22: 'hashes',
  23: 'hash-reject',
};

/** The conversation of two peers, or nothing where it is something else: a tracker's, or one that cannot be read. */
export function readTalk({ transport, there, back }: Conversation): Talk | undefined {
  if (!isHandshake(there.bytes)) return undefined;
  const one = listen(there);
  const other = isHandshake(back.bytes) ? listen(back) : silent(back);
  return {
    transport,
    startedAt: there.startedAt,
    voices: [named(one, other.extensions), named(other, one.extensions)],
  };
}

function isHandshake(bytes: Buffer): boolean {
  return bytes.length >= HANDSHAKE && bytes.subarray(0, PROTOCOL.length).equals(PROTOCOL);
}

interface Heard {
  readonly voice: Voice;
  readonly messages: Map<string, number>;
  /** Extension messages by the number that the listener gave them. */
  readonly extended: Map<number, number>;
  /** Names of extensions by the numbers that this one wants to hear. */
  readonly extensions: Map<number, string>;
  readonly metadataAt: Map<number, number>;
}

function silent(stream: Stream): Heard {
  const voice = { from: stream.from, peerId: '', agent: '', infoHash: '', messages: {}, payload: 0, duplicate: 0 };
  const times = { firstBlockAt: undefined, lastBlockAt: undefined, firstPieceAt: undefined, lastMetadataAt: undefined };
  const none = { messages: new Map(), extended: new Map(), extensions: new Map(), metadataAt: new Map() };
  return { voice: { ...voice, ...times }, ...none };
}

/** Numbers of extension messages are the listener's, so names need the other side's handshake. */
function named({ voice, messages, extended, metadataAt }: Heard, names: ReadonlyMap<number, string>): Voice {
  const all = Object.fromEntries(messages);
  for (const [number, count] of extended) all[names.get(number) ?? `extension ${number}`] = count;
  const metadata = [...metadataAt].find(([number]) => names.get(number) === 'ut_metadata');
  return { ...voice, messages: all, lastMetadataAt: metadata?.[1] };
}

function listen(stream: Stream): Heard {
  const { bytes } = stream;
  const heard = silent(stream);
  const blocks = new Blocks();
  let agent = '';
  for (const { id, body, end } of messagesIn(bytes)) {
    count(heard.messages, NAMES[id] ?? `message ${id}`);
    if (id === 7 && body.length >= 8) blocks.take(body, stream.timeAt(end));
    if (id !== 20 || body.length < 1) continue;
    if (body[0] !== 0) {
      count(heard.extended, body[0]!);
      if (isMetadata(body.subarray(1))) heard.metadataAt.set(body[0]!, stream.timeAt(end));
      continue;
    }
    const said = decodeDictionary(body.subarray(1)) ?? {};
    agent = text(said['v']) || agent;
    for (const [name, number] of Object.entries((said['m'] as Record<string, Bencoded> | undefined) ?? {})) {
      if (typeof number === 'number') heard.extensions.set(number, name);
    }
  }
  const infoHash = bytes.toString('hex', 28, 48);
  const peerId = bytes.toString('latin1', 48, 68);
  return { ...heard, voice: { ...heard.voice, peerId, infoHash, agent, ...blocks.summary() } };
}

function* messagesIn(bytes: Buffer): Generator<{ readonly id: number; readonly body: Buffer; readonly end: number }> {
  for (let at = HANDSHAKE; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const end = at + 4 + length;
    if (length > MESSAGE_MAX || end > bytes.length) return;
    if (length > 0) yield { id: bytes[at + 4]!, body: bytes.subarray(at + 5, end), end };
    at = end;
  }
}

/** The blocks that one side sent. A piece is there when as many bytes of it have come as the longest piece has. */
class Blocks {
  readonly #pieces = new Map<number, Set<number>>();
  readonly #lengths = new Map<number, number>();
  readonly #ends: { readonly time: number; readonly piece: number; readonly sum: number }[] = [];
  #payload = 0;
  #duplicate = 0;
  #first: number | undefined;
  #last: number | undefined;

  take(body: Buffer, time: number): void {
    const piece = body.readUInt32BE(0);
    const begin = body.readUInt32BE(4);
    const length = body.length - 8;
    this.#payload += length;
    this.#first ??= time;
    this.#last = time;
    const begins = this.#pieces.get(piece) ?? new Set();
    this.#pieces.set(piece, begins);
    if (begins.has(begin)) {
      this.#duplicate += length;
      return;
    }
    begins.add(begin);
    const sum = (this.#lengths.get(piece) ?? 0) + length;
    this.#lengths.set(piece, sum);
    this.#ends.push({ time, piece, sum });
  }

  summary(): Pick<Voice, 'payload' | 'duplicate' | 'firstBlockAt' | 'lastBlockAt' | 'firstPieceAt'> {
    const whole = Math.max(0, ...this.#lengths.values());
    const firstPieceAt = this.#ends.find(({ sum }) => sum === whole)?.time;
    const times = { firstBlockAt: this.#first, lastBlockAt: this.#last, firstPieceAt };
    return { payload: this.#payload, duplicate: this.#duplicate, ...times };
  }
}

/** A part of the metadata (BEP 9, data): a dictionary that says so, then bytes. */
function isMetadata(body: Buffer): boolean {
  if (body[0] !== 0x64) return false;
  try {
    const { value, end } = decodeFirst(body);
    return (value as { msg_type?: unknown }).msg_type === 1 && end < body.length;
  } catch {
    return false;
  }
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
