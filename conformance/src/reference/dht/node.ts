/** The reference DHT node (BEP 5, 32, 33, 42, 43, 44, 51): answers one datagram with one, and can be told to do it wrong. */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reference } from '../../family.ts';
import { latin1, type Writable, writeBencode } from '../../probe/bencode.ts';
import { type Contact, readContacts, sameEndpoint, writeContacts } from '../../probe/dht/contacts.ts';
import { belongsTo, idFor } from '../../probe/dht/ids.ts';
import { asBytes, type Fields, hex, isMap, type Message, readMessage } from '../../probe/dht/krpc.ts';
import { readCompact, writeCompact } from '../../probe/endpoint.ts';
import { isPrivate } from '../../target/private-address.ts';
import type { Endpoint, Job, Running, Target } from '../../target/target.ts';
import { type Answer, Answers } from './answers.ts';
import { Asker } from './asker.ts';
import { type DhtBug, dhtBugs } from './bugs.ts';
import { runErrand } from './errands.ts';
import { Table } from './table.ts';

const version = Uint8Array.of(0x46, 0x52, 0, 1);
const stormMost = 500;
const longMost = 1_500;
/** As many as say the same are believed. */
const agreement = 4;
const knownKeys = new Set('t y q a v ro ip'.split(' '));
const knownArguments = new Set(
  'id target info_hash port implied_port token seed noseed scrape want v k sig seq salt cas'.split(' '),
);

export const dhtReference: Reference = {
  name: 'reference DHT node',
  bugs: { 'no-op': 'nothing', ...dhtBugs },
  async open(bugs) {
    const node = new DhtServer(bugs);
    const launched = new Set<DhtServer>();
    const dht = await node.listen('udp4', '127.0.0.1');
    const dht6 = await node.listen('udp6', '::1').catch(() => undefined);
    const target: Target = {
      name: dhtReference.name,
      endpoints: { dht, ...(dht6 !== undefined && { dht6 }) },
      roles: ['dht'],
      errands: ['get', 'put', 'node-id'],
      run: (errand, words) => runErrand(errand, words, (bug) => bugs.has(bug)),
      launch: (job) => launch(job, bugs, launched),
      advance: (ms) => {
        for (const each of [node, ...launched]) each.nowMs += ms;
      },
      close: async () => {
        for (const each of [node, ...launched]) await each.close();
      },
    };
    return target;
  },
};

async function launch(job: Job, bugs: ReadonlySet<string>, launched: Set<DhtServer>): Promise<Running> {
  const file = join(job.folder, 'nodes');
  const node = new DhtServer(bugs, job.readOnly === true);
  launched.add(node);
  const at = await node.listen('udp4', '127.0.0.1', job.port);
  if (existsSync(file)) for (const contact of readContacts(readFileSync(file))) node.asker.bootstrap(contact.at);
  const [ip, port] = (job.bootstrap ?? '').split(':');
  if (port !== undefined) node.asker.bootstrap({ ip: ip!, port: Number(port) });
  return {
    at,
    ended: new Promise(() => {}),
    stop: async () => {
      launched.delete(node);
      if (!bugs.has('forgets-table')) writeFileSync(file, writeContacts(node.tables[4].contacts));
      await node.close();
    },
  };
}

class DhtServer {
  nowMs = 0;
  readonly asker: Asker;
  readonly tables: Readonly<Record<4 | 6, Table>>;
  readonly #bugs: ReadonlySet<string>;
  readonly #answers: Answers;
  readonly #sockets: Socket[] = [];
  readonly #queries = new Map<string, number>();
  readonly #readOnly: boolean;
  /** Who told it of which address. */
  readonly #votes = new Map<string, Set<string>>();
  #id = new Uint8Array(randomBytes(20));
  #dead = false;

  constructor(bugs: ReadonlySet<string>, readOnly = false) {
    this.#bugs = bugs;
    this.#readOnly = readOnly;
    const has = (bug: DhtBug) => bugs.has(bug);
    this.tables = { 4: new Table(this.#id, has), 6: new Table(this.#id, has) };
    this.#answers = new Answers(has, this.#id, this.tables, () => this.nowMs);
    this.asker = new Asker({
      id: () => this.#id,
      send: (bytes, to) => this.#socketFor(to)?.send(bytes, to.port, to.ip, () => {}),
      add: (contact) => this.#add(contact),
      die: () => this.#die(),
      has,
      readOnly,
    });
  }

  listen(kind: 'udp4' | 'udp6', ip: string, port = 0): Promise<Endpoint> {
    const socket = createSocket({ type: kind, ipv6Only: kind === 'udp6' });
    socket.on('message', (bytes, from) => {
      if (!this.#dead) this.#hear(new Uint8Array(bytes), { ip: from.address, port: from.port }, socket);
    });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, ip, () => {
        this.#sockets.push(socket);
        resolve({ ip, port: socket.address().port });
      });
    });
  }

  async close(): Promise<void> {
    this.#dead = true;
    for (const socket of this.#sockets.splice(0)) await new Promise<void>((resolve) => socket.close(() => resolve()));
  }

  #has(bug: DhtBug): boolean {
    return this.#bugs.has(bug);
  }

  #die(): void {
    this.#dead = true;
  }

  #socketFor({ ip }: Endpoint): Socket | undefined {
    const family = ip.includes(':') ? 'IPv6' : 'IPv4';
    return this.#sockets.find((socket) => socket.address().family === family);
  }

  #hear(bytes: Uint8Array, from: Endpoint, socket: Socket): void {
    if (bytes.length > 512 && this.#has('reads-512')) return;
    if (bytes.length > longMost && this.#has('dies-of-long-packets')) return this.#die();
    const message = readMessage(bytes);
    if (message === undefined) return this.#has('dies-of-garbage') ? this.#die() : undefined;
    if (message.type === 'response') {
      if (this.#has('believes-one-liar') && message.top.has('ip')) this.#believe(asBytes(message.top.get('ip')), from);
      this.#vote(asBytes(message.top.get('ip')), from);
      return this.asker.hear(message, from);
    }
    if (message.type === 'other' && this.#has('dies-of-missing-keys')) return this.#die();
    if (message.type !== 'query' || message.transaction === undefined) return;
    if (this.#readOnly && !this.#has('answers-though-read-only')) return;
    if (message.transaction.length === 0 && this.#has('dies-of-empty-transactions')) return this.#die();
    const queries = (this.#queries.get(from.ip) ?? 0) + 1;
    this.#queries.set(from.ip, queries);
    if (queries > stormMost && this.#has('dies-of-storms')) return this.#die();
    const answer = this.#answer(message, from);
    if (answer.type === 'dead') return this.#die();
    if (answer.type === 'silent') return;
    this.#reply(answer, message, from, socket);
    this.#meet(message, from);
  }

  #answer(message: Message, from: Endpoint): Answer {
    const { top, body, method } = message;
    const family = from.ip.includes(':') ? 6 : 4;
    const silent: Answer = { type: 'silent' };
    if (family === 6 && this.#has('silent-over-v6')) return silent;
    if (!top.has('v') && this.#has('needs-version')) return silent;
    if (top.get('ro') === 1 && method === 'find_node' && this.#has('ignores-read-only')) return silent;
    if (!isMap(top.get('a')) || method === undefined) {
      return this.#has('dies-of-wrong-types') ? { type: 'dead' } : refused('a query has q and a');
    }
    const unknown = [...top.keys()].some((key) => !knownKeys.has(key));
    const strange = unknown || [...body.keys()].some((key) => !knownArguments.has(key));
    if (strange && this.#has('strict-keys')) return refused('an unknown key');
    const id = asBytes(body.get('id'));
    if (id?.length !== 20 && !this.#has('accepts-short-ids')) return refused('id is not of twenty bytes');
    if (this.#has('refuses-odd-ids') && !belongsTo(id!, from.ip)) return refused('an id of somewhere else');
    const question = { method, body, from, family, isCanonical: message.violations.length === 0 } as const;
    return this.#answers.answer(question);
  }

  #reply(
    answer: Extract<Answer, { type: 'values' | 'refused' }>,
    message: Message,
    to: Endpoint,
    socket: Socket,
  ): void {
    const isPing = message.method === 'ping';
    const ping = (bug: DhtBug) => isPing && this.#has(bug);
    const address = writeCompact(to);
    const top: Record<string, Writable> = { t: this.#transaction(message.transaction!, isPing) };
    if (!this.#has('no-version')) top['v'] = version;
    if (!this.#has('no-ip') && !this.#has('ip-inside-r')) top['ip'] = address;
    if (answer.type === 'refused') {
      if (this.#has('no-ip-in-errors')) delete top['ip'];
      Object.assign(top, { y: 'e', e: this.#error(answer.code, answer.text) });
    } else {
      const id = ping('random-ids') ? randomBytes(20) : this.#idFor(to);
      const named: Fields = { id: ping('hex-ids') ? hex(id) : new Uint8Array(id), ...answer.values };
      const r: Record<string, Writable> = { ...named, ...(this.#has('ip-inside-r') && { ip: address }) };
      if (this.#has('announce-without-id') && message.method === 'announce_peer') delete r['id'];
      Object.assign(top, { y: 'r', r });
    }
    const unsorted = message.method === 'find_node' && this.#has('unsorted-replies');
    const bytes = writeBencode(unsorted ? new Map(Object.entries(top).toReversed()) : top);
    const from = ping('other-source-port') ? this.#otherSocket() : socket;
    for (let copy = ping('answers-twice') ? 2 : 1; copy > 0; copy--) from.send(bytes, to.port, to.ip, () => {});
  }

  #transaction(asked: Uint8Array, isPing: boolean): Uint8Array {
    if (isPing && this.#has('ping-wrong-transaction')) return asked.map((byte) => ~byte);
    if (this.#has('text-transactions')) return new Uint8Array(Buffer.from(Buffer.from(asked).toString('utf8')));
    return this.#has('two-byte-transactions') ? asked.subarray(0, 2) : asked;
  }

  #error(code: number, text: string): Writable {
    if (this.#has('errors-as-dictionaries')) return { code, text };
    return this.#has('errors-reversed') ? [text, code] : [code, text];
  }

  #idFor({ ip }: Endpoint): Uint8Array {
    return ip.includes(':') && this.#has('two-ids') ? this.#id.map((byte) => ~byte) : this.#id;
  }

  #otherSocket(): Socket {
    const socket = createSocket('udp4');
    this.#sockets.push(socket);
    return socket;
  }

  /** Whoever asks might be a node: it is pinged, and taken if it answers (BEP 43: not if it is read-only). */
  #meet({ top, body }: Message, at: Endpoint): void {
    const id = asBytes(body.get('id'));
    if (id?.length !== 20) return;
    const readOnly = this.#has('ro-by-presence') ? top.has('ro') : top.get('ro') === 1;
    if (readOnly && !this.#has('adds-read-only')) return;
    const table = this.tables[at.ip.includes(':') ? 6 : 4];
    if (this.#has('lists-askers')) return table.add({ id, at });
    if (table.knows({ id, at })) return;
    const moved = table.contacts.some((each) => sameEndpoint(each.at, at));
    if (moved || table.hasRoomAt(at)) this.asker.ping(at);
  }

  #add(contact: Contact): void {
    if (this.#has('excludes-odd-ids') && !belongsTo(contact.id, contact.at.ip)) return;
    this.tables[contact.at.ip.includes(':') ? 6 : 4].add(contact);
  }

  /** What several say is so (BEP 42, bootstrapping); on a local network any id will do. */
  #vote(address: Uint8Array | undefined, { ip: voter }: Endpoint): void {
    const [told] = address?.length === 6 ? readCompact(address, 6) : [];
    if (told === undefined || isPrivate(told.ip) || belongsTo(this.#id, told.ip) || this.#has('any-own-id')) return;
    const voters = this.#votes.get(told.ip) ?? new Set();
    this.#votes.set(told.ip, voters.add(voter));
    if (voters.size >= agreement) this.#id = new Uint8Array(idFor(told.ip, randomBytes(20)));
  }

  #believe(ip: Uint8Array | undefined, from: Endpoint): void {
    const own = this.#socketFor(from)?.address();
    if (ip === undefined || latin1(ip) === latin1(writeCompact({ ip: '127.0.0.1', port: own?.port ?? 0 }))) return;
    this.#id = new Uint8Array(randomBytes(20));
  }
}

function refused(text: string): Answer {
  return { type: 'refused', code: 203, text };
}
