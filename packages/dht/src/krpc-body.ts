/**
 * Every named argument and return value of every query, in one table: what it is called on the wire, what it is called here,
 * what it must look like (BEP 5, 32, 33, 44, 51). Questions ("a") and answers ("r") share it; no name means two things.
 */
import type { AddressFamily } from '@ferro/core';

/** One object shape for all messages, so that reading and writing stays fast. What is not in the message is undefined. */
export class KrpcBody {
  /** 20 bytes: whoever sends this. */
  id: Uint8Array | undefined = undefined;
  /** 20 bytes: find_node, get, sample_infohashes. */
  target: Uint8Array | undefined = undefined;
  /** 20 bytes: get_peers, announce_peer. */
  infoHash: Uint8Array | undefined = undefined;
  token: Uint8Array | undefined = undefined;
  port: number | undefined = undefined;
  impliedPort: boolean | undefined = undefined;
  /** The announcing peer has everything (BEP 33). */
  seed: boolean | undefined = undefined;
  noSeed: boolean | undefined = undefined;
  scrape: boolean | undefined = undefined;
  want: readonly AddressFamily[] | undefined = undefined;
  /** Compact nodes of 26 bytes. */
  nodes: Uint8Array | undefined = undefined;
  /** Compact nodes of 38 bytes (BEP 32). */
  nodes6: Uint8Array | undefined = undefined;
  /** Compact peers of 6 or 18 bytes. */
  values: readonly Uint8Array[] | undefined = undefined;
  /** The bencoded value of an item, as it stands in the message (BEP 44). */
  v: Uint8Array | undefined = undefined;
  /** 32 bytes: the public key. */
  k: Uint8Array | undefined = undefined;
  /** 64 bytes: the signature. */
  sig: Uint8Array | undefined = undefined;
  seq: bigint | undefined = undefined;
  cas: bigint | undefined = undefined;
  salt: Uint8Array | undefined = undefined;
  /** Info-hashes, 20 bytes each (BEP 51). */
  samples: Uint8Array | undefined = undefined;
  num: number | undefined = undefined;
  interval: number | undefined = undefined;
  /** 256 bytes each: who has everything and who has not (BEP 33). */
  seedFilter: Uint8Array | undefined = undefined;
  peerFilter: Uint8Array | undefined = undefined;
}

export type BodyFields = { readonly [Name in keyof KrpcBody]?: KrpcBody[Name] };

/** `bytes`: any length unless one is given. `raw`: any value, unread. `int64`: a bigint. `flag`: 1 or not there. */
export type FieldKind = 'bytes' | 'raw' | 'number' | 'int64' | 'flag' | 'want' | 'list';

export interface Field {
  readonly key: Uint8Array;
  readonly name: keyof KrpcBody;
  readonly kind: FieldKind;
  /** A byte string of another length counts as absent, so nobody has to ask again. */
  readonly length: number | undefined;
}

function field(key: string, name: keyof KrpcBody, kind: FieldKind, length?: number): Field {
  return { key: Uint8Array.from(key, (character) => character.charCodeAt(0)), name, kind, length };
}

/** In the order of their keys, which is the order in a message (BEP 3, bencoding). */
export const FIELDS: readonly Field[] = [
  field('BFpe', 'peerFilter', 'bytes', 256),
  field('BFsd', 'seedFilter', 'bytes', 256),
  field('cas', 'cas', 'int64'),
  field('id', 'id', 'bytes', 20),
  field('implied_port', 'impliedPort', 'flag'),
  field('info_hash', 'infoHash', 'bytes', 20),
  field('interval', 'interval', 'number'),
  field('k', 'k', 'bytes', 32),
  field('nodes', 'nodes', 'bytes'),
  field('nodes6', 'nodes6', 'bytes'),
  field('noseed', 'noSeed', 'flag'),
  field('num', 'num', 'number'),
  field('port', 'port', 'number'),
  field('salt', 'salt', 'bytes'),
  field('samples', 'samples', 'bytes'),
  field('scrape', 'scrape', 'flag'),
  field('seed', 'seed', 'flag'),
  field('seq', 'seq', 'int64'),
  field('sig', 'sig', 'bytes', 64),
  field('target', 'target', 'bytes', 20),
  field('token', 'token', 'bytes'),
  field('v', 'v', 'raw'),
  field('values', 'values', 'list'),
  field('want', 'want', 'want'),
];
