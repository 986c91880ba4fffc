/** The reference UDP tracker (BEP 15, BEP 41): answers one datagram with one datagram, and can be told to do it wrong. */
import { createHash } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import type { Reference } from '../../family.ts';
import { ipBytes } from '../../probe/endpoint.ts';
import { actions, protocolId } from '../../probe/udp-tracker/packets.ts';
import type { Endpoint, Target } from '../../target/target.ts';
import { intervalSeconds, type KnownPeer, rememberingBugs, Swarms } from './swarms.ts';
import { udpBugs } from './udp-bugs.ts';

/** Ids are of a two-minute span and good through the next one: never less than two minutes, never more than four. */
const spanMs = 120_000;
const peersMost = 200;
const scrapeMost = 74;
const eventNames = ['', 'completed', 'started', 'stopped'];

export const udpTrackerReference: Reference = {
  name: 'reference UDP tracker',
  bugs: {
    ...rememberingBugs(
      'forgets-peers',
      'source-address-lost',
      'keeps-stopped',
      'completed-not-counted',
      'seeds-as-leechers',
      'trusts-address-parameter',
    ),
    ...udpBugs,
  },
  async open(bugs) {
    const server = new UdpTrackerServer(bugs);
    const udp = await server.listen('udp4', '127.0.0.1');
    const udp6 = await server.listen('udp6', '::1').catch(() => undefined);
    const target: Target = {
      name: udpTrackerReference.name,
      endpoints: { udp, ...(udp6 !== undefined && { udp6 }) },
      roles: [],
      advance: (ms) => server.advance(ms),
      close: () => server.close(),
    };
    return target;
  },
};

class UdpTrackerServer {
  readonly #bugs: ReadonlySet<string>;
  readonly #swarms: Swarms;
  readonly #sockets: Socket[] = [];
  #dead = false;
  #used = new Set<bigint>();
  #issued = 0n;

  constructor(bugs: ReadonlySet<string>) {
    this.#bugs = bugs;
    this.#swarms = new Swarms(bugs);
  }

  listen(kind: 'udp4' | 'udp6', ip: string): Promise<Endpoint> {
    const socket = createSocket({ type: kind, ipv6Only: kind === 'udp6' });
    socket.on('message', (request, from) => {
      const reply = this.#dead ? undefined : this.#answer(request, { ip: from.address, port: from.port });
      if (reply !== undefined) socket.send(reply, from.port, from.address, () => {});
    });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(0, ip, () => {
        this.#sockets.push(socket);
        resolve({ ip, port: socket.address().port });
      });
    });
  }

  advance(ms: number): void {
    this.#swarms.nowMs += ms;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) await new Promise<void>((resolve) => socket.close(() => resolve()));
  }

  #has(bug: keyof typeof udpBugs): boolean {
    return this.#bugs.has(bug);
  }

  #die(): undefined {
    this.#dead = true;
  }

  #answer(request: Buffer, from: Endpoint): Uint8Array | undefined {
    if (request.length < 16) return this.#has('dies-of-short-packets') ? this.#die() : undefined;
    const [connection, action] = [request.readBigUInt64BE(0), request.readUInt32BE(8)];
    const transaction = request.readUInt32BE(12);
    if (action === actions.connect) return this.#connect(connection, transaction, request.length, from);
    if (this.#has('answers-before-connecting') && connection === 0n) return Buffer.alloc(1_000);
    if (!this.#knows(connection, from)) return this.#error(transaction, 'connect first');
    if (action === actions.announce) return this.#announce(request, transaction, from);
    if (action === actions.scrape) return this.#scrape(request, transaction, from);
    if (this.#has('dies-of-unknown-actions')) return this.#die();
    return this.#error(transaction, 'no such action');
  }

  #connect(protocol: bigint, transaction: number, length: number, from: Endpoint): Uint8Array | undefined {
    if (protocol !== protocolId && !this.#has('any-protocol-id')) return undefined;
    if (length > 16 && this.#has('exact-size-only')) return undefined;
    const connection = this.#has('sequential-ids') ? ++this.#issued : this.#idFor(from, this.#span());
    const reply = Buffer.alloc(this.#has('amplifies') ? 512 : 16);
    this.#head(reply, actions.connect, transaction);
    if (this.#has('connect-fields-swapped')) reply.swap32();
    reply.writeBigUInt64BE(connection, 8);
    return reply;
  }

  #span(): number {
    return Math.floor(this.#swarms.nowMs / (this.#has('short-lived-ids') ? spanMs / 4 : spanMs));
  }

  #idFor({ ip, port }: Endpoint, span: number): bigint {
    if (this.#has('constant-id')) return 0x1234_5678_9abc_def0n;
    const bound = this.#has('id-good-for-anybody') ? 'anybody' : `${ip} ${port}`;
    const digest = createHash('sha256').update(`reference ${bound} ${span}`).digest();
    return digest.readBigUInt64BE(0);
  }

  #knows(connection: bigint, from: Endpoint): boolean {
    if (this.#has('any-id')) return true;
    if (this.#has('sequential-ids')) return connection > 0n && connection <= this.#issued;
    if (this.#has('one-shot-ids')) {
      if (this.#used.has(connection)) return false;
      this.#used.add(connection);
    }
    const oldest = this.#has('eternal-ids') ? 0 : this.#span() - 1;
    for (let span = this.#span(); span >= oldest; span--) if (connection === this.#idFor(from, span)) return true;
    return false;
  }

  #announce(request: Buffer, transaction: number, from: Endpoint): Uint8Array | undefined {
    if (request.length < 98 && !this.#has('parses-short-announces')) return this.#error(transaction, 'too short');
    const fault = this.#optionsFault(request.subarray(98));
    if (fault === 'dead') return this.#die();
    if (fault !== undefined) return this.#error(transaction, fault);
    const whole = Buffer.concat([request, Buffer.alloc(98)]).subarray(0, Math.max(98, request.length));
    const event = whole.readUInt32BE(80);
    if (event > 3 && this.#has('dies-of-unknown-events')) return this.#die();
    const numWant = whole.readInt32BE(92);
    if (numWant === 0 && this.#has('dies-of-numwant-zero')) return this.#die();
    const ip = whole.readUInt32BE(84);
    const infoHash = whole.toString('latin1', 16, 36);
    const peers = this.#swarms.announce({
      infoHash,
      peerId: whole.toString('latin1', 36, 56),
      at: { ip: from.ip, port: this.#has('lists-udp-port') ? from.port : whole.readUInt16BE(96) },
      ...(ip !== 0 && { claimed: [...whole.subarray(84, 88)].join('.') }),
      left: Number(whole.readBigUInt64BE(64)),
      event: eventNames[event] ?? '',
      numWant: numWant < 0 && this.#has('minus-one-is-none') ? 0 : numWant,
    });
    const limited = this.#has('fragments') ? peers : peers.slice(0, peersMost);
    return this.#announceReply(transaction, infoHash, from, limited);
  }

  #announceReply(transaction: number, infoHash: string, from: Endpoint, peers: readonly KnownPeer[]): Uint8Array {
    const head = Buffer.alloc(20);
    const six = from.ip.includes(':');
    this.#head(head, six && this.#has('action-4-over-ipv6') ? 4 : actions.announce, transaction);
    const { complete, incomplete } = this.#swarms.counts(infoHash);
    const counters = this.#has('announce-counters-swapped') ? [complete, incomplete] : [incomplete, complete];
    const fields = [intervalSeconds, ...counters];
    for (const [at, field] of fields.entries()) {
      if (this.#has('little-endian')) head.writeUInt32LE(field, 8 + 4 * at);
      else head.writeUInt32BE(field, 8 + 4 * at);
    }
    const family = peers.filter(({ ip }) => ip.includes(':') === six);
    const entries = family.map(({ ip, port }) => {
      const address = ipBytes(ip);
      const short = six && this.#has('short-stride-over-ipv6') ? address.subarray(0, 4) : address;
      return Uint8Array.of(...short, port >> 8, port & 0xff);
    });
    const padding = this.#has('fragments') ? Buffer.alloc(9_000 - (9_000 % 6)) : Buffer.alloc(0);
    return Buffer.concat([head, ...entries, ...(peers.length > 20 ? [padding] : [])]);
  }

  /** Options are skipped over, whatever they are (BEP 41); what is wrong with them is the answer. */
  #optionsFault(tail: Buffer): string | undefined {
    if (tail.length > 0 && this.#has('no-options')) return 'too long';
    for (let at = 0; at < tail.length; ) {
      const option = tail[at]!;
      if (option === 0 && !this.#has('reads-on-after-the-end')) return undefined;
      if (option <= 1 && this.#has('nop-has-a-length')) return 'an option without a length';
      if (option <= 1) at++;
      else {
        if (option > 2 && this.#has('known-options-only')) return 'unknown option';
        const length = tail[at + 1];
        if (length === 0 && this.#has('no-empty-options')) return 'empty option';
        if (length === undefined || at + 2 + length > tail.length) {
          return this.#has('dies-of-truncated-options') ? 'dead' : 'an option that ends beyond the packet';
        }
        if (this.#has('checks-passkeys') && tail.includes('passkey=unknown')) return 'no such passkey';
        at += 2 + length;
      }
    }
    return undefined;
  }

  #scrape(request: Buffer, transaction: number, from: Endpoint): Uint8Array | undefined {
    const asked = Math.floor((request.length - 16) / 20);
    if (asked > scrapeMost && this.#has('dies-of-long-scrapes')) return this.#die();
    const hashes = Array.from({ length: asked }, (_, at) => request.toString('latin1', 16 + 20 * at, 36 + 20 * at));
    const most = this.#has('truncates-scrapes') ? 10 : scrapeMost;
    const head = Buffer.alloc(8);
    this.#head(head, actions.scrape, transaction);
    const entries = hashes.slice(0, most).flatMap((hash) => this.#scrapeEntry(hash, from));
    return Buffer.concat([head, ...entries]);
  }

  #scrapeEntry(hash: string, from: Endpoint): readonly Uint8Array[] {
    if (this.#has('omits-unknown-hashes') && !this.#swarms.knows(hash)) return [];
    const { complete, incomplete, downloaded } = this.#swarms.counts(hash);
    this.#swarms.scraped(hash, from);
    const entry = Buffer.alloc(12);
    const order = this.#has('scrape-counters-swapped')
      ? [incomplete, downloaded, complete]
      : [complete, downloaded, incomplete];
    for (const [at, count] of order.entries()) entry.writeUInt32BE(count, 4 * at);
    return [entry];
  }

  #error(transaction: number, message: string): Uint8Array {
    const head = Buffer.alloc(8);
    this.#head(head, actions.error, this.#has('errors-lose-the-transaction') ? 0 : transaction);
    return Buffer.concat([head, Buffer.from(message)]);
  }

  #head(reply: Buffer, action: number, transaction: number): void {
    reply.writeUInt32BE(action, 0);
    if (this.#has('signed-transaction') && transaction > 0x7fff_ffff) reply.writeUInt32BE(0x7fff_ffff, 4);
    else reply.writeUInt32BE(transaction, 4);
  }
}
