/** What the reference answers to each method (BEP 5, DHT queries; BEP 32, 33, 44, 51). */
import { createHash } from 'node:crypto';
import { type Bencoded, type BencodedMap, latin1, type Writable, writeBencode } from '../../probe/bencode.ts';
import { writeContacts } from '../../probe/dht/contacts.ts';
import { asBytes, asText, type Fields, sameBytes } from '../../probe/dht/krpc.ts';
import type { Endpoint } from '../../target/target.ts';
import type { Has } from './bugs.ts';
import { Items, type Refusal } from './items.ts';
import { Peers } from './peers.ts';
import type { Table } from './table.ts';

/** BEP 32, maximum packet size; what is not the answer's own is left out of it. */
const datagramMost = 1_024;
const frame = 80;
const secretMs = 300_000;

export interface Question {
  readonly method: string;
  readonly body: BencodedMap;
  readonly from: Endpoint;
  readonly family: 4 | 6;
  readonly isCanonical: boolean;
}

/** Values of a response, an error, what it died of, or nothing at all. */
export type Answer =
  | { readonly type: 'values'; readonly values: Fields }
  | ({ readonly type: 'refused' } & Refusal)
  | { readonly type: 'dead' }
  | { readonly type: 'silent' };

export class Answers {
  readonly #has: Has;
  readonly #id: Uint8Array;
  readonly #tables: Readonly<Record<4 | 6, Table>>;
  readonly #peers: Readonly<Record<4 | 6, Peers>>;
  readonly #items: Items;
  readonly #nowMs: () => number;

  constructor(has: Has, id: Uint8Array, tables: Readonly<Record<4 | 6, Table>>, nowMs: () => number) {
    this.#has = has;
    this.#id = id;
    this.#tables = tables;
    this.#peers = { 4: new Peers(has), 6: new Peers(has) };
    this.#items = new Items(has);
    this.#nowMs = nowMs;
  }

  answer(question: Question): Answer {
    const { method } = question;
    if (method === 'ping') return values({});
    if (method === 'find_node') return this.#findNode(question);
    if (method === 'get_peers') return this.#getPeers(question);
    if (method === 'announce_peer') return this.#announce(question);
    if (method === 'get') return this.#get(question);
    if (method === 'put') return this.#put(question);
    if (method === 'sample_infohashes') return this.#sample(question);
    return this.#unknown(question);
  }

  #unknown({ body }: Question): Answer {
    if (body.has('target') || body.has('info_hash')) {
      if (this.#has('dies-of-unknown-methods')) return { type: 'dead' };
    }
    if (this.#has('silent-about-unknown-methods')) return { type: 'silent' };
    return refused(this.#has('unknown-methods-generic') ? 201 : 204, 'method unknown');
  }

  #findNode(question: Question): Answer {
    const target = this.#twenty(question.body, 'target');
    if (!(target instanceof Uint8Array)) return target;
    const nodes = this.#nodes(question, target);
    if (nodes === undefined) return refused(203, 'an unknown wish');
    if (this.#has('nodes-as-list')) return values({ nodes: [] });
    const empty = this.#tables[question.family].contacts.length === 0;
    return values(empty && this.#has('no-nodes-when-empty') ? {} : nodes);
  }

  #getPeers(question: Question): Answer {
    const { body, from, family } = question;
    const hash = this.#twenty(body, 'info_hash');
    if (!(hash instanceof Uint8Array)) return hash;
    const nodes = this.#nodes(question, hash);
    if (nodes === undefined) return refused(203, 'an unknown wish');
    const filters = body.get('scrape') === 1 ? this.#peers[family].filters(hash) : {};
    const token = this.#has('empty-token') ? new Uint8Array(0) : this.#token(from, hash, 'tokens-per-hash');
    const room = datagramMost - frame - writeBencode({ ...nodes, ...filters, token }).length;
    const most = this.#has('fragments') ? Number.POSITIVE_INFINITY : Math.floor(room / (family === 4 ? 8 : 21));
    const own = this.#peers[family].values(hash, most, body.get('noseed') === 1);
    const other = family === 4 && this.#has('mixes-values') ? this.#peers[6].values(hash, most, false) : [];
    const peers = [...own, ...other];
    const listed: Writable = this.#has('joined-values') ? new Uint8Array(Buffer.concat(peers)) : peers;
    const withPeers = peers.length > 0 || this.#has('empty-values') ? { values: listed } : {};
    const without = this.#has(peers.length > 0 ? 'values-only' : 'no-nodes-in-get-peers');
    return values({ token, ...filters, ...withPeers, ...(!without && nodes) });
  }

  #announce({ body, from, family }: Question): Answer {
    const hash = this.#twenty(body, 'info_hash');
    if (!(hash instanceof Uint8Array)) return hash;
    const token = asBytes(body.get('token'));
    const excused = this.#has('any-token') || (token === undefined && this.#has('token-optional'));
    const empty = token?.length === 0 && this.#has('empty-token');
    if (!excused && !empty && !this.#accepts(token, from, hash, 'tokens-per-hash')) return refused(203, 'bad token');
    const implied = body.get('implied_port');
    const takesSource = this.#has('implied-port-by-presence') ? implied !== undefined : implied === 1;
    const named = body.get('port');
    const usesSource = (takesSource && !this.#has('ignores-implied-port')) || this.#has('stores-udp-port');
    let port = usesSource ? from.port : named;
    if (this.#has('stores-any-port') && typeof port === 'number') port &= 0xffff;
    else if (typeof port !== 'number' || port < 1 || port > 0xffff) return refused(203, 'no port');
    const claimed = this.#has('trusts-ip-argument') ? asText(body.get('ip')) : undefined;
    const ip = claimed ?? from.ip;
    this.#peers[family].announce(hash, { ip, port: Number(port) }, body.get('seed') === 1);
    return values({});
  }

  #get(question: Question): Answer {
    const target = this.#twenty(question.body, 'target');
    if (!(target instanceof Uint8Array)) return target;
    const seq = question.body.get('seq');
    const item = this.#items.get(target, typeof seq === 'number' || typeof seq === 'bigint' ? seq : undefined);
    const token = this.#token(question.from, target, 'item-tokens-per-target');
    return values({
      ...item,
      ...this.#nodes(question, target),
      ...(!this.#has('get-without-token') && { token }),
    });
  }

  #put({ body, from, isCanonical }: Question): Answer {
    const token = asBytes(body.get('token'));
    const excused = token === undefined ? this.#has('put-token-optional') : this.#has('any-put-token');
    const target = this.#targetOf(body);
    if (!excused && !this.#accepts(token, from, target, 'item-tokens-per-target')) return refused(203, 'bad token');
    const fault = this.#items.put(body, isCanonical);
    if (fault === 'dead') return { type: 'dead' };
    return fault === undefined ? values({}) : refused(fault.code, fault.text);
  }

  #sample(question: Question): Answer {
    const target = this.#twenty(question.body, 'target');
    if (!(target instanceof Uint8Array)) return target;
    const sample = this.#peers[question.family].sample(this.#nowMs(), this.#items.targets);
    return values({ ...sample, ...(!this.#has('no-nodes-in-samples') && this.#nodes(question, target)) });
  }

  /** Undefined where a wish is refused (BEP 32, want). */
  #nodes({ body, family }: Question, target: Uint8Array): Fields | undefined {
    const want = this.#has('ignores-want') ? undefined : body.get('want');
    const wishes = Array.isArray(want) ? (want as readonly Bencoded[]).map(asText) : undefined;
    const known = (wishes ?? []).filter((wish) => wish === 'n4' || wish === 'n6');
    if (known.length < (wishes?.length ?? 0) && this.#has('refuses-unknown-want')) return undefined;
    const first = this.#has('want-first-only') ? known.slice(0, 1) : known;
    const usual = family === 4 || this.#has('nodes-over-v6') ? ['n4'] : ['n6'];
    const both = this.#has(wishes === undefined ? 'always-both-families' : 'want-means-both');
    const given = both ? ['n4', 'n6'] : wishes === undefined ? usual : first;
    const of = (which: 4 | 6) => writeContacts(this.#tables[which].closest(target));
    return {
      ...(given.includes('n4') && { nodes: this.#nodes4(target, of(4)) }),
      ...(given.includes('n6') && { nodes6: of(6) }),
    };
  }

  #nodes4(target: Uint8Array, nodes: Uint8Array): Uint8Array {
    const more: Uint8Array[] = [];
    if (this.#has('lists-itself')) more.push(writeContacts([{ id: this.#id, at: { ip: '127.0.0.1', port: 1 } }]));
    if (this.#has('one-table')) {
      const six = this.#tables[6].closest(target).map(({ id, at: { port } }) => ({ id, at: { ip: '0.0.0.1', port } }));
      more.push(writeContacts(six));
    }
    return new Uint8Array(Buffer.concat([nodes, ...more]));
  }

  /** An argument of twenty bytes, or what is answered where there is none. */
  #twenty(body: BencodedMap, key: string): Uint8Array | Answer {
    const value = asBytes(body.get(key));
    if (value?.length === 20) return value;
    if (value === undefined && this.#has('dies-of-missing-args')) return { type: 'dead' };
    if (value !== undefined && this.#has('pads-short-hashes')) return new Uint8Array(20);
    return refused(this.#has('generic-errors') ? 201 : 203, `${key} is not there or not of twenty bytes`);
  }

  #token(
    { ip }: Endpoint,
    hash: Uint8Array,
    perHash: 'tokens-per-hash' | 'item-tokens-per-target',
    age = 0,
  ): Uint8Array {
    const era = Math.floor(this.#nowMs() / secretMs) - age;
    const whose = this.#has('tokens-for-anybody') ? 'anybody' : ip;
    const bound = this.#has(perHash) ? latin1(hash) : '';
    const digest = createHash('sha1')
      .update(`${latin1(this.#id)} ${era} ${whose} ${bound}`, 'latin1')
      .digest();
    return new Uint8Array(digest.subarray(0, 8));
  }

  #accepts(
    token: Uint8Array | undefined,
    from: Endpoint,
    hash: Uint8Array,
    perHash: 'tokens-per-hash' | 'item-tokens-per-target',
  ): boolean {
    return [0, 1].some((age) => sameBytes(token, this.#token(from, hash, perHash, age)));
  }

  #targetOf(body: BencodedMap): Uint8Array {
    const sha1 = (bytes: Uint8Array) => new Uint8Array(createHash('sha1').update(bytes).digest());
    const key = asBytes(body.get('k'));
    const salt = asBytes(body.get('salt')) ?? new Uint8Array(0);
    return key === undefined ? sha1(writeBencode((body.get('v') ?? 0) as Writable)) : sha1(Buffer.concat([key, salt]));
  }
}

function values(fields: Fields): Answer {
  return { type: 'values', values: fields };
}

function refused(code: number, text: string): Answer {
  return { type: 'refused', code, text };
}
