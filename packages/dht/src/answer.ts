/**
 * What we answer when others ask (BEP 5, DHT queries; 32, 33, 44, 51). The size of an answer is weighed before it is
 * written: never beyond a datagram that passes everywhere, never out of proportion to a question whose sender may be forged.
 */
import { type Address, type AddressFamily, familyOf, type Instant, parseIp } from '@ferro/core';
import type { Items } from './items.ts';
import type { KrpcError, KrpcMessage, KrpcQuery } from './krpc.ts';
import { KrpcBody } from './krpc-body.ts';
import { limits } from './limits.ts';
import type { Network, Networks } from './network.ts';
import { ScrapeFilter } from './scrape-filter.ts';
import type { Tokens } from './tokens.ts';
import type { Rate, Visitor, Visitors } from './visitors.ts';

/** Bytes of an answer that are always there, apart from transaction id and the asker's address. */
const FRAME_BYTES = 68;
const TOKEN_ROOM = 17;

/** A question, who asks, and what that one has left. */
interface Asked {
  readonly query: KrpcQuery;
  readonly from: Address;
  readonly visitor: Visitor;
  readonly network: Network;
  readonly now: Instant;
  /** Bytes that the answer may still grow by. */
  room: number;
  /** The same, if it is an item. */
  itemRoom: number;
}

export class Answerer {
  readonly #networks: Networks;
  readonly #items: Items;
  readonly #tokens: Tokens;
  readonly #visitors: Visitors;
  readonly #signatures: Rate;
  readonly #version: Uint8Array;
  readonly #samples: Record<AddressFamily, { bytes: Uint8Array; until: Instant } | undefined> = {
    4: undefined,
    6: undefined,
  };

  constructor(parts: {
    readonly networks: Networks;
    readonly items: Items;
    readonly tokens: Tokens;
    readonly visitors: Visitors;
    readonly signatures: Rate;
    readonly version: Uint8Array;
  }) {
    this.#networks = parts.networks;
    this.#items = parts.items;
    this.#tokens = parts.tokens;
    this.#visitors = parts.visitors;
    this.#signatures = parts.signatures;
    this.#version = parts.version;
  }

  /** The answer to a question of `length` bytes. */
  answer(query: KrpcQuery, length: number, from: Address, visitor: Visitor, now: Instant): KrpcMessage {
    const network = this.#networks[familyOf(from.ip)];
    const proved = visitor.provedUntil > now;
    const frame = FRAME_BYTES + query.transaction.length + (network.family === 4 ? 6 : 18);
    const room = Math.min(limits.datagramBytes, proved ? limits.datagramBytes : limits.answerRatio * length) - frame;
    const itemRoom =
      Math.min(limits.itemDatagramBytes, proved ? limits.itemDatagramBytes : limits.itemRatio * length) - frame;
    const asked: Asked = { query, from, visitor, network, now, room, itemRoom };
    const outcome = this.#outcome(asked);
    const address = visitor.compactAddress(from.ip, from.port);
    const { transaction } = query;
    if (outcome instanceof KrpcBody) {
      outcome.id = network.table.id.bytes;
      return { type: 'response', transaction, body: outcome, address, version: this.#version };
    }
    return {
      type: 'error',
      transaction,
      code: outcome.code,
      message: outcome.message,
      address,
      version: this.#version,
    };
  }

  #outcome(asked: Asked): KrpcBody | Refused {
    const { method, body } = asked.query;
    if (body.id === undefined) return refused(203, 'id must be 20 bytes');
    if (method === 'ping') return new KrpcBody();
    if (method === 'get_peers') return this.#getPeers(asked);
    if (method === 'announce_peer') return this.#announcePeer(asked);
    if (method === 'get') return this.#get(asked);
    if (method === 'put') return this.#put(asked);
    if (method === 'sample_infohashes') return this.#sample(asked);
    // A question of the future about a target is answered like find_node, as all nodes do, so that lookups can pass.
    const target = body.target ?? (method === 'find_node' ? undefined : body.infoHash);
    if (target !== undefined) return this.#withNodes(new KrpcBody(), target, asked);
    return method === 'find_node' ? refused(203, 'target must be 20 bytes') : refused(204, 'method unknown');
  }

  #getPeers(asked: Asked): KrpcBody | Refused {
    const { infoHash, scrape, noSeed } = asked.query.body;
    if (infoHash === undefined) return refused(203, 'info_hash must be 20 bytes');
    const { peers } = asked.network;
    const answer = this.#withToken(new KrpcBody(), asked);
    if (scrape === true) {
      if (!this.#visitors.spend(asked.visitor, limits.storeCost, asked.now)) return refused(202, 'too many scrapes');
      const [seeds, others] = [new ScrapeFilter(), new ScrapeFilter()];
      if (asked.room >= 2 * 266 && peers.scrape(infoHash, seeds, others)) {
        asked.room -= 2 * 266;
        answer.seedFilter = seeds.bytes;
        answer.peerFilter = others.bytes;
      }
    }
    this.#withNodes(answer, infoHash, asked);
    const valueRoom = asked.network.family === 4 ? 8 : 21;
    const count = Math.min(Math.floor((asked.room - 10) / valueRoom), limits.values);
    const values = count > 0 ? peers.values(infoHash, count, noSeed === true) : [];
    if (values.length > 0) answer.values = values;
    return answer;
  }

  #announcePeer(asked: Asked): KrpcBody | Refused {
    const { from, network, visitor, now } = asked;
    const { infoHash, port, impliedPort, seed } = asked.query.body;
    if (infoHash === undefined) return refused(203, 'info_hash must be 20 bytes');
    if (!this.#proves(asked)) return refused(203, 'bad token');
    const peerPort = impliedPort === true ? from.port : port;
    if (peerPort === undefined || peerPort < 1 || peerPort > 65_535) return refused(203, 'port must be 1 to 65535');
    if (!this.#visitors.spend(visitor, limits.storeCost, now)) return refused(202, 'too many announces');
    network.peers.announce(infoHash, parseIp(from.ip)!, peerPort, seed === true, now);
    return new KrpcBody();
  }

  #get(asked: Asked): KrpcBody | Refused {
    const { target, seq } = asked.query.body;
    if (target === undefined) return refused(203, 'target must be 20 bytes');
    const answer = this.#withToken(new KrpcBody(), asked);
    const item = this.#items.get(target, asked.now);
    if (item?.type === 'mutable') {
      answer.seq = item.seq;
      const size = item.value.length + 3 + 38 + 72 + 28;
      if ((seq === undefined || item.seq > seq) && asked.itemRoom - TOKEN_ROOM >= size) {
        answer.v = item.value;
        answer.k = item.publicKey;
        answer.sig = item.signature;
        asked.room = asked.itemRoom - TOKEN_ROOM - size;
      } else asked.room -= 28;
    } else if (item !== undefined && asked.itemRoom - TOKEN_ROOM >= item.value.length + 3) {
      answer.v = item.value;
      asked.room = asked.itemRoom - TOKEN_ROOM - item.value.length - 3;
    }
    return this.#withNodes(answer, target, asked);
  }

  #put(asked: Asked): KrpcBody | Refused {
    const { now, visitor } = asked;
    const { v, k, sig, seq, salt, cas } = asked.query.body;
    if (!this.#proves(asked)) return refused(203, 'bad token');
    if (v === undefined) return refused(203, 'v is missing');
    if (!this.#visitors.spend(visitor, limits.storeCost, now)) return refused(202, 'too many puts');
    const maySpend = () => this.#visitors.spend(visitor, limits.storeCost, now) && this.#signatures.spend(now);
    // Copies are made by the constructor: slice() of a Buffer, which hosts hand in, is a view.
    if (k === undefined && sig === undefined && seq === undefined) {
      return (
        this.#items.put({ type: 'immutable', value: new Uint8Array(v) }, undefined, now, maySpend) ?? new KrpcBody()
      );
    }
    if (k === undefined || sig === undefined || seq === undefined) {
      return refused(203, 'a mutable item needs k of 32 bytes, sig of 64 and seq');
    }
    const [value, publicKey, signature] = [new Uint8Array(v), new Uint8Array(k), new Uint8Array(sig)];
    const item = { type: 'mutable', value, publicKey, signature, seq, salt: salt && new Uint8Array(salt) } as const;
    return this.#items.put(item, cas, now, maySpend) ?? new KrpcBody();
  }

  #sample(asked: Asked): KrpcBody | Refused {
    const { network, now } = asked;
    const { target } = asked.query.body;
    if (target === undefined) return refused(203, 'target must be 20 bytes');
    const { torrents } = network.peers;
    const complete = torrents <= limits.samples;
    let sample = this.#samples[network.family];
    if (complete || sample === undefined || sample.until <= now) {
      sample = { bytes: network.peers.sample(limits.samples), until: now + limits.sampleSeconds * 1_000 };
      this.#samples[network.family] = complete ? undefined : sample;
    }
    const answer = new KrpcBody();
    answer.samples = sample.bytes;
    // Expiry may have taken what is still in the sample.
    answer.num = Math.max(torrents, sample.bytes.length / 20);
    answer.interval = complete ? 0 : Math.ceil((sample.until - now) / 1_000);
    asked.room -= sample.bytes.length + 50;
    return this.#withNodes(answer, target, asked);
  }

  /** Whether the question carries a token of ours; then its sender is where it says. */
  #proves({ query, from, visitor, now }: Asked): boolean {
    const { token } = query.body;
    if (token === undefined || !this.#tokens.accepts(token, from.ip, now)) return false;
    visitor.provedUntil = now + limits.provedMs;
    return true;
  }

  #withToken(answer: KrpcBody, asked: Asked): KrpcBody {
    answer.token = asked.visitor.token(asked.from.ip, this.#tokens, asked.now);
    asked.room -= TOKEN_ROOM;
    return answer;
  }

  /** The nodes that were wanted, of one or both families (BEP 32, want), as far as there is room. */
  #withNodes(answer: KrpcBody, target: Uint8Array, asked: Asked): KrpcBody {
    const { want } = asked.query.body;
    const { family } = asked.network;
    const none = want === undefined || want.length === 0;
    if (none ? family === 4 : want.includes(4)) {
      const nodes = this.#networks[4].table.closestCompact(target, asked.now);
      if (asked.room >= nodes.length + 12) {
        answer.nodes = nodes;
        asked.room -= nodes.length + 12;
      }
    }
    if (none ? family === 6 : want.includes(6)) {
      const nodes = this.#networks[6].table.closestCompact(target, asked.now);
      if (asked.room >= nodes.length + 13) {
        answer.nodes6 = nodes;
        asked.room -= nodes.length + 13;
      }
    }
    return answer;
  }
}

type Refused = Pick<KrpcError, 'code' | 'message'>;

function refused(code: number, message: string): Refused {
  return { code, message };
}
