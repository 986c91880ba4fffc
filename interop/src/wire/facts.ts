/** Everything that a capture shows, as facts that a scenario is judged by. No word of any client is taken into account. */
import { decodeDictionary, text } from '../bencode.ts';
import { ipv6Text, type Packet, type Place, readCapture } from './capture.ts';
import { readTalk, type Talk, type Voice } from './talk.ts';
import { TcpConversations } from './tcp.ts';
import { isUtp, UtpConversations } from './utp.ts';

export interface HttpRequest {
  readonly from: Place;
  readonly to: Place;
  readonly line: string;
}

export interface DhtMessage {
  readonly from: Place;
  readonly to: Place;
  /** The question's name; a letter for an answer or an error. */
  readonly name: string;
  readonly infoHash: string;
  /** Peers that an answer names: their addresses. */
  readonly peers: readonly string[];
}

/** A conversation between peers that cannot be read: encrypted, or nonsense. */
export interface Hidden {
  readonly transport: 'tcp' | 'utp';
  readonly startedAt: number;
  /** The caller. */
  readonly from: Place;
  readonly to: Place;
  readonly sent: number;
  readonly received: number;
}

/** What one peer gave another in one conversation. */
export interface Delivery {
  readonly startedAt: number;
  readonly bytes: number;
}

export interface Facts {
  readonly packets: number;
  readonly bytes: number;
  readonly startedAt: number;
  readonly talks: readonly Talk[];
  readonly http: readonly HttpRequest[];
  readonly dht: readonly DhtMessage[];
  readonly utpPackets: number;
  /** Who asked which UDP tracker: `address address`. */
  readonly udpTracker: readonly string[];
  /** Local service discovery (BEP 14): the info-hashes that were called out. */
  readonly discovery: readonly string[];
  readonly unreadable: readonly Hidden[];
  /** Conversations of which the capture lacks a part. */
  readonly torn: number;
  /** Other datagrams, by the port they went to. */
  readonly others: Readonly<Record<string, number>>;
}

const PEER_PORTS: readonly number[] = [6881, 6882];
const TRACKER_PORT = 6969;

export function readFacts(file: Buffer): Facts {
  const tcp = new TcpConversations();
  const utp = new UtpConversations();
  const dht: DhtMessage[] = [];
  const discovery: string[] = [];
  const others: Record<string, number> = {};
  const udpTracker = new Set<string>();
  let packets = 0;
  let startedAt = 0;
  for (const packet of readCapture(file)) {
    packets++;
    startedAt ||= packet.time;
    if (packet.protocol === 'tcp') {
      tcp.take(packet);
      continue;
    }
    const { payload, from, to } = packet;
    const message = dhtMessage(packet);
    if (to.port === TRACKER_PORT) udpTracker.add(`${from.ip} ${to.ip}`);
    else if (from.port === TRACKER_PORT) continue;
    else if (message !== undefined) dht.push(message);
    else if (payload.toString('latin1', 0, 9) === 'BT-SEARCH') discovery.push(calledOut(payload));
    // Of what goes elsewhere some begin like uTP by chance: a question to the DNS with a number that fits.
    else if (PEER_PORTS.some((port) => port === from.port || port === to.port) && isUtp(payload)) utp.take(packet);
    else others[to.port] = (others[to.port] ?? 0) + 1;
  }
  const conversations = [...tcp.conversations(), ...utp.conversations()];
  const talks = conversations.map(readTalk);
  const unread = conversations.filter((_, index) => talks[index] === undefined);
  return {
    packets,
    bytes: file.length,
    startedAt,
    talks: talks.filter((talk) => talk !== undefined),
    http: unread.flatMap(({ there }) => requestsIn(there.bytes, there.from, there.to)),
    dht,
    utpPackets: utp.packets,
    udpTracker: [...udpTracker],
    discovery,
    unreadable: unread
      // An offer of encryption that is not taken is no conversation.
      .filter(
        ({ there, back }) =>
          there.length > 0 && back.length > 0 && PEER_PORTS.includes(there.to.port) && !isHttp(there.bytes),
      )
      .map(({ transport, there, back }) => ({
        ...{ transport, startedAt: there.startedAt, from: there.from, to: there.to },
        ...{ sent: there.length, received: back.length },
      })),
    torn: conversations.filter(({ there, back }) => there.torn || back.torn).length,
    others,
  };
}

function dhtMessage({ payload, from, to }: Packet): DhtMessage | undefined {
  const message = decodeDictionary(payload);
  const kind = text(message?.['y']);
  if (message === undefined || kind === '') return undefined;
  const question = (message['a'] ?? {}) as { info_hash?: Uint8Array };
  const infoHash = question.info_hash instanceof Uint8Array ? Buffer.from(question.info_hash).toString('hex') : '';
  const answer = (message['r'] ?? {}) as { values?: unknown };
  const values = Array.isArray(answer.values) ? answer.values.filter((value) => value instanceof Uint8Array) : [];
  return { from, to, name: kind === 'q' ? text(message['q']) : kind, infoHash, peers: values.map(addressOf) };
}

/** Compact, without its port. */
function addressOf(peer: Uint8Array): string {
  return peer.length === 6 ? peer.subarray(0, 4).join('.') : ipv6Text(Buffer.from(peer.subarray(0, 16)));
}

function calledOut(payload: Buffer): string {
  return (/^Infohash: *([0-9a-f]+)/im.exec(payload.toString('latin1'))?.[1] ?? '').toLowerCase();
}

const isHttp = (bytes: Buffer): boolean => /^(GET|POST|HEAD) /.test(bytes.toString('latin1', 0, 8));

function requestsIn(bytes: Buffer, from: Place, to: Place): HttpRequest[] {
  const lines = isHttp(bytes) ? bytes.toString('latin1').match(/^(GET|POST|HEAD) \S+ HTTP/gm) : [];
  return (lines ?? []).map((line) => ({ from, to, line: line.slice(0, -5) }));
}

export function voicesBetween(facts: Facts, from: string, to: string, transport?: 'tcp' | 'utp'): Voice[] {
  return facts.talks
    .filter((talk) => transport === undefined || talk.transport === transport)
    .flatMap(({ voices: [one, other] }) => {
      if (one.from.ip === from && other.from.ip === to) return [one];
      return other.from.ip === from && one.from.ip === to ? [other] : [];
    });
}

/** What went from one address to the other in conversations that cannot be read. */
export function hiddenBetween(facts: Facts, from: string, to: string, transport?: 'tcp' | 'utp'): Delivery[] {
  return facts.unreadable
    .filter((one) => transport === undefined || one.transport === transport)
    .flatMap(({ startedAt, from: caller, to: called, sent, received }) => {
      if (caller.ip === from && called.ip === to) return [{ startedAt, bytes: sent }];
      return called.ip === from && caller.ip === to ? [{ startedAt, bytes: received }] : [];
    });
}
