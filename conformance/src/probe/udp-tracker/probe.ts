/** Asks a UDP tracker (BEP 15): connects on demand, announces, scrapes, and lets a case send any bytes on the same socket. */
import type { Context } from '../../context.ts';
import { Finding, HarnessError } from '../../finding.ts';
import type { Endpoint } from '../../target/target.ts';
import { DatagramLink, type Heard } from '../datagrams.ts';
import {
  type Announce,
  describePacket,
  events,
  type Reply,
  readReply,
  writeAnnounce,
  writeConnect,
  writeScrape,
} from './packets.ts';

type Of<Type extends Reply['type']> = Extract<Reply, { type: Type }>;

export class UdpTracker {
  readonly #context: Context;
  readonly #means: 'udp' | 'udp6';

  constructor(context: Context, means: 'udp' | 'udp6' = 'udp') {
    this.#context = context;
    this.#means = means;
  }

  get at(): Endpoint {
    const at = this.#context.target.endpoints[this.#means];
    if (at === undefined) throw new HarnessError(`the target has no ${this.#means} address`);
    return at;
  }

  /** A socket of its own, which to a tracker is another client; from another address of this machine if `ip` is given. */
  async link(ip?: string): Promise<UdpTrackerLink> {
    const link = await DatagramLink.open(this.#context, this.at, describePacket, ip);
    return new UdpTrackerLink(link, this.#context, this.#means === 'udp6' ? 18 : 6);
  }

  /** A peer that has connected: one link, one id, one port. */
  async peer(ip?: string): Promise<UdpTrackerLink> {
    const link = await this.link(ip);
    await link.connect();
    return link;
  }
}

export class UdpTrackerLink {
  readonly datagrams: DatagramLink;
  readonly peerId: Uint8Array;
  /** The TCP port that this peer announces. */
  readonly port: number;
  connection: bigint = 0n;
  readonly #context: Context;
  readonly #stride: 6 | 18;

  constructor(datagrams: DatagramLink, context: Context, stride: 6 | 18) {
    this.datagrams = datagrams;
    this.#context = context;
    this.#stride = stride;
    this.peerId = Buffer.concat([Buffer.from('-FC0001-'), context.random.bytes(12)]);
    this.port = context.random.port();
  }

  /** Below 2^31: one case is about the others. */
  transaction(): number {
    return this.#context.random.uint32() >>> 1;
  }

  async connect(transaction: number = this.transaction()): Promise<Of<'connect'>> {
    this.datagrams.send(writeConnect(transaction));
    const reply = this.#expect(await this.reply(transaction, 'the connect reply'), 'connect');
    this.connection = reply.connection;
    return reply;
  }

  async announce(infoHash: Uint8Array, with_: Partial<Announce> = {}): Promise<Of<'announce'>> {
    const reply = await this.tryAnnounce(infoHash, with_);
    return this.#expect(reply, 'announce');
  }

  /** Whatever comes back. */
  async tryAnnounce(infoHash: Uint8Array, with_: Partial<Announce> = {}): Promise<Reply> {
    const transaction = this.transaction();
    this.datagrams.send(writeAnnounce(this.connection, transaction, this.announceOf(infoHash, with_)));
    return this.reply(transaction, 'the announce reply');
  }

  announceOf(infoHash: Uint8Array, with_: Partial<Announce> = {}): Announce {
    const { peerId, port } = this;
    const nothing = { downloaded: 0, left: 1_000, uploaded: 0, event: events.started, numWant: -1 };
    const tail = new Uint8Array(0);
    return { infoHash, peerId, port, ...nothing, ip: new Uint8Array(4), key: 0x6b6579, tail, ...with_ };
  }

  async scrape(...hashes: readonly Uint8Array[]): Promise<Of<'scrape'>> {
    const transaction = this.transaction();
    this.datagrams.send(writeScrape(this.connection, transaction, hashes));
    return this.#expect(await this.reply(transaction, 'the scrape reply'), 'scrape');
  }

  /** The reply with this transaction id. */
  async reply(transaction: number, what: string): Promise<Reply> {
    const fits = ({ bytes }: Heard) => readReply(bytes)?.transaction === transaction;
    const { bytes } = await this.datagrams.next(what, fits);
    return readReply(bytes, this.#stride)!;
  }

  /** Replies that came and that nobody took. */
  replies(): readonly Reply[] {
    return this.datagrams.heard.flatMap(({ bytes }) => readReply(bytes, this.#stride) ?? []);
  }

  #expect<Type extends Reply['type']>(reply: Reply, type: Type): Of<Type> {
    if (reply.type === type) return reply as Of<Type>;
    const got = reply.type === 'error' ? `the error "${reply.message}"` : `a reply of type ${reply.type}`;
    throw new Finding(`the answer to ${type}`, `action ${type}`, got);
  }
}
