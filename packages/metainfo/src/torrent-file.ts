/**
 * A torrent file (BEP 3, metainfo files), with what deployed files carry beside the info dictionary: tracker tiers (BEP 12),
 * web seeds (BEP 19, BEP 17), DHT nodes (BEP 5), hints (BEP 38), piece layers (BEP 52). Reads what libtorrent 2 reads, and
 * lists what it had to overlook.
 *
 * URLs are data here: whether to connect to one is for whoever does.
 */
import {
  type Bencode,
  type BencodeDictionary,
  bytesAt,
  dictionaryAt,
  integerAt,
  keyBytes,
  listAt,
  rawSlice,
  textAt,
} from '@ferro/bencode';
import { equalBytes, toHex } from '@ferro/core';
import { readHints } from './hints.ts';
import { type Info, readInfo } from './info.ts';
import { HASH_LENGTH, merkleRoot, pieceLayerOf } from './merkle.ts';
import { malformed, type Place, Reading, type ReadOptions } from './reading.ts';
import type { RuleId } from './rules.ts';

/** A DHT node that helps to start (BEP 5). The host may be a name. */
export interface Node {
  readonly host: string;
  readonly port: number;
}

export interface Metainfo extends Info {
  /** Tiers, the first to be tried first (BEP 12). */
  readonly trackers: readonly (readonly string[])[];
  /** HTTP servers that have the files (BEP 19). */
  readonly webSeeds: readonly string[];
  /** HTTP servers that are asked for pieces (BEP 17). */
  readonly httpSeeds: readonly string[];
  readonly nodes: readonly Node[];
  readonly comment?: string | undefined;
  readonly createdBy?: string | undefined;
  /** Seconds since 1970. */
  readonly creationDate?: number | undefined;
  /** What the names are encoded in, if they are not UTF-8: for people. Reading does not use it. */
  readonly encoding?: string | undefined;
  /** Root in hexadecimal to the hashes of the pieces, 32 bytes each, proven. Files of one piece have none; others may lack theirs. */
  readonly pieceLayers: ReadonlyMap<string, Uint8Array>;
}

/** Reads a torrent file. Throws a ProtocolError, or a BencodeError; both have a `code`. */
export function parseTorrent(bytes: Uint8Array, options?: ReadOptions): Metainfo {
  const reading = new Reading(bytes, options);
  const torrent = reading.decode();
  const info = dictionaryAt(torrent, 'info');
  const infoBytes = rawSlice(bytes, ['info']);
  if (info === undefined || infoBytes === undefined) {
    throw malformed('info-missing', 'BEP 3, metainfo files', 'there is no info dictionary');
  }
  const read = readInfo(info, infoBytes, reading);
  const hints = readHints(torrent, reading);
  const date = integerAt(torrent, 'creation date') ?? -1;
  return {
    ...read,
    similar: [...read.similar, ...hints.similar],
    collections: [...new Set([...read.collections, ...hints.collections])],
    trackers: readTrackers(torrent, reading),
    webSeeds: readSeeds(torrent, 'url-list', reading),
    httpSeeds: readSeeds(torrent, 'httpseeds', reading),
    nodes: readNodes(torrent, reading),
    comment: textAt(torrent, 'comment.utf-8') || textAt(torrent, 'comment'),
    createdBy: textAt(torrent, 'created by.utf-8') || textAt(torrent, 'created by'),
    creationDate: date >= 0 ? date : undefined,
    encoding: textAt(torrent, 'encoding'),
    pieceLayers: read.version === 'v1' ? new Map() : readPieceLayers(torrent, read, reading),
  };
}

function readTrackers(torrent: BencodeDictionary, reading: Reading): readonly (readonly string[])[] {
  const list = listAt(torrent, 'announce-list') ?? [];
  let room = reading.limits.entries;
  const tiers: string[][] = [];
  for (const entry of list) {
    const isTier = Array.isArray(entry);
    if (!isTier) reading.note('trackers/not-a-tier', entry instanceof Uint8Array ? entry : ['announce-list']);
    const tier = readUrls(isTier ? entry : [entry], 'trackers/not-a-url', ['announce-list'], reading);
    if (tier.length > room) reading.note('list/too-long', ['announce-list']);
    if (tier.length > 0) tiers.push(tier.slice(0, room));
    room -= tier.length;
    if (room <= 0) break;
  }
  if (tiers.length > 0) return tiers;
  const announce = textAt(torrent, 'announce')?.trim();
  return announce ? [[announce]] : [];
}

function readSeeds(torrent: BencodeDictionary, key: string, reading: Reading): readonly string[] {
  const value = torrent[key];
  const list = value === undefined || isEmpty(value) ? [] : Array.isArray(value) ? value : [value];
  return [...new Set(readUrls(reading.entries(list, [key]), 'seeds/not-a-url', [key], reading))];
}

const isEmpty = (value: Bencode) => value instanceof Uint8Array && value.length === 0;

function readUrls(list: readonly Bencode[], rule: RuleId, at: Place, reading: Reading): string[] {
  const urls: string[] = [];
  for (const entry of list) {
    const url = entry instanceof Uint8Array ? reading.text(entry).trim() : '';
    if (url === '') reading.note(rule, entry instanceof Uint8Array ? entry : at);
    else urls.push(url);
  }
  return urls;
}

function readNodes(torrent: BencodeDictionary, reading: Reading): readonly Node[] {
  const nodes: Node[] = [];
  for (const entry of reading.entries(listAt(torrent, 'nodes') ?? [], ['nodes'])) {
    const [host, port] = Array.isArray(entry) ? entry : [];
    const isNode = host instanceof Uint8Array && typeof port === 'number' && port > 0 && port < 65_536;
    if (isNode) nodes.push({ host: reading.text(host), port });
    else reading.note('nodes/malformed', host instanceof Uint8Array ? host : ['nodes']);
  }
  return nodes;
}

const SPEC_LAYERS = 'BEP 52, piece layers';

/** Each layer that is there has to be that of a file; a file may be without. */
function readPieceLayers(torrent: BencodeDictionary, info: Info, reading: Reading): ReadonlyMap<string, Uint8Array> {
  const found = dictionaryAt(torrent, 'piece layers') ?? {};
  const layers = new Map<string, Uint8Array>();
  for (const key of Object.keys(found)) {
    const hashes = bytesAt(found, key);
    if (key.length !== HASH_LENGTH || hashes === undefined || hashes.length % HASH_LENGTH !== 0) {
      throw malformed('piece-layer', SPEC_LAYERS, 'a piece layer is not made of hashes');
    }
    layers.set(toHex(keyBytes(key)), hashes);
  }
  const proven = new Map<string, Uint8Array>();
  for (const { piecesRoot, length } of info.files) {
    if (piecesRoot === undefined || length <= info.pieceLength) continue;
    const root = toHex(piecesRoot);
    const hashes = layers.get(root);
    if (hashes === undefined) continue;
    const isWhole = hashes.length === HASH_LENGTH * Math.ceil(length / info.pieceLength);
    const leads = () => proven.has(root) || equalBytes(merkleRoot(hashes, pieceLayerOf(info.pieceLength)), piecesRoot);
    if (!isWhole || !leads()) {
      throw malformed('piece-layer-mismatch', SPEC_LAYERS, 'a piece layer does not lead to the root of its file');
    }
    proven.set(root, hashes);
  }
  for (const [root, hashes] of layers) if (!proven.has(root)) reading.note('info/layer-unknown', hashes);
  return proven;
}
