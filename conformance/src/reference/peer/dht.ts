/** As much of the DHT as a client needs to find peers and to be found (BEP 5): one lookup, and an announce to the nearest nodes. */
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { type Bencoded, type BencodedMap, latin1, readBencode } from '../../probe/bencode.ts';
import { readContacts } from '../../probe/dht/contacts.ts';
import { compareDistance } from '../../probe/dht/ids.ts';
import { asBytes, type Message, readMessage, writeQuery, writeResponse } from '../../probe/dht/krpc.ts';
import { readCompact } from '../../probe/endpoint.ts';
import type { Endpoint } from '../../target/target.ts';
import type { PeerNode } from './node.ts';

const nearest = 8;
/** Nodes of a case answer at once or not at all. */
const patienceMs = 600;

interface Known {
  readonly id: Uint8Array;
  readonly at: Endpoint;
  readonly token: Uint8Array | undefined;
}

export class DhtClient {
  readonly #id: Uint8Array = randomBytes(20);
  readonly #node: PeerNode;
  readonly #socket: Socket = createSocket('udp4');
  readonly #waiting: Map<string, (message: Message | undefined) => void> = new Map();
  readonly #answered: Known[] = [];
  readonly #asked: Set<string> = new Set();
  #transactions = 0;

  private constructor(node: PeerNode) {
    this.#node = node;
    this.#socket.on('message', (bytes, { address, port }) => this.#hear(bytes, { ip: address, port }));
    this.#socket.on('error', () => {});
  }

  static async open(node: PeerNode, entries: readonly Endpoint[]): Promise<DhtClient> {
    const dht = new DhtClient(node);
    await new Promise<void>((resolve) => dht.#socket.bind(node.port, '127.0.0.1', resolve));
    if (node.store?.isPrivate !== true || node.has('asks-dht-about-private')) void dht.#run(entries);
    return dht;
  }

  meet(at: Endpoint): void {
    void this.#ask(at, 'ping', {});
    const { store } = this.#node;
    if (store?.isPrivate === true && this.#node.has('asks-dht-about-private')) void this.#visit(at);
  }

  close(): void {
    try {
      this.#socket.close();
    } catch {
      // It is closed already.
    }
    for (const settle of this.#waiting.values()) settle(undefined);
  }

  async #run(entries: readonly Endpoint[]): Promise<void> {
    let next: readonly Endpoint[] = entries;
    while (next.length > 0) next = (await Promise.all(next.map((each) => this.#visit(each)))).flat();
    const order = this.#answered.toSorted((a, b) => compareDistance(this.#node.infoHash, a.id, b.id));
    const chosen = (this.#node.has('announces-to-any') ? this.#answered.slice(0, 1) : order).filter(
      ({ token }) => token !== undefined || this.#node.has('announces-without-token'),
    );
    for (const each of chosen.slice(0, nearest)) void this.#announce(each, order[0]!.token);
  }

  /** Asks a node for peers, and gives the nodes that it names and that are nearer than those that have answered. */
  async #visit(at: Endpoint): Promise<readonly Endpoint[]> {
    const key = `${at.ip} ${at.port}`;
    if (this.#asked.has(key)) return [];
    this.#asked.add(key);
    const { infoHash } = this.#node;
    const answer = await this.#ask(at, 'get_peers', { info_hash: infoHash });
    const id = asBytes(answer?.body.get('id'));
    if (answer === undefined || id === undefined) return [];
    this.#answered.push({ id, at, token: asBytes(answer.body.get('token')) });
    const values = answer.body.get('values');
    const peers = Array.isArray(values)
      ? (values as readonly Bencoded[]).flatMap((each) => readCompact(asBytes(each)!))
      : [];
    if (!this.#node.has('ignores-values')) for (const peer of peers) this.#node.dial(peer);
    const contacts = readContacts(asBytes(answer.body.get('nodes')) ?? new Uint8Array());
    return contacts.map((each) => each.at).filter((each) => !this.#asked.has(`${each.ip} ${each.port}`));
  }

  async #announce({ at, token }: Known, first: Uint8Array | undefined): Promise<void> {
    const { infoHash, port, store } = this.#node;
    const given = (this.#node.has('one-token-for-all') ? first : token) ?? new Uint8Array();
    const seed = store?.isComplete === true && !this.#node.has('no-seed-flag') ? { seed: 1 } : {};
    const told = this.#node.has('announces-port-9') ? 9 : port;
    await this.#ask(at, 'announce_peer', { info_hash: infoHash, port: told, token: given, ...seed });
  }

  #ask(
    at: Endpoint,
    method: string,
    body: Readonly<Record<string, Uint8Array | number>>,
  ): Promise<Message | undefined> {
    const transaction = String(this.#transactions++).padStart(4, '0');
    return new Promise((resolve) => {
      const settle = (message: Message | undefined) => {
        clearTimeout(timer);
        this.#waiting.delete(transaction);
        resolve(message);
      };
      const timer = setTimeout(() => settle(undefined), patienceMs);
      this.#waiting.set(transaction, settle);
      this.#socket.send(writeQuery(transaction, method, { id: this.#id, ...body }), at.port, at.ip, () => {});
    });
  }

  #hear(bytes: Uint8Array, from: Endpoint): void {
    const message = readMessage(bytes);
    const transaction = latin1(message?.transaction ?? new Uint8Array());
    if (message?.type !== 'query') return this.#waiting.get(transaction)?.(message);
    this.#socket.send(writeResponse(message.transaction ?? '', { id: this.#id }), from.port, from.ip, () => {});
  }
}

/** BEP 5, torrent file extensions. */
export function nodesIn(torrent: Uint8Array): readonly Endpoint[] {
  const nodes = (readBencode(torrent).value as BencodedMap).get('nodes');
  if (!Array.isArray(nodes)) return [];
  return (nodes as readonly (readonly Bencoded[])[]).map(([host, port]) => ({
    ip: latin1(host as Uint8Array),
    port: Number(port),
  }));
}
