/**
 * A torrent that its publisher can replace (BEP 46): a mutable item whose value names the current info-hash, and the magnet
 * link that names the item. Publishing and resolving are a put and a get of that item.
 */
import { decode, encode } from '@ferro/bencode';
import { fromHex, Id20, ProtocolError, toHex } from '@ferro/core';
import { limits } from './limits.ts';

/** Who publishes: an ed25519 key, and a salt if it publishes several torrents. */
export interface TorrentPublisher {
  readonly publicKey: Uint8Array;
  readonly salt?: Uint8Array | undefined;
}

/** The bencoded value of the item. */
export function encodeMutableTorrent(infoHash: Id20): Uint8Array {
  return encode({ ih: infoHash.bytes });
}

/** The info-hash that an item names; a ProtocolError if it is about something else. */
export function decodeMutableTorrent(value: Uint8Array): Id20 {
  const dictionary = decode(value) as { readonly ih?: unknown };
  const { ih } = dictionary;
  if (!(ih instanceof Uint8Array) || ih.length !== 20) {
    throw new ProtocolError('dht/no-info-hash', 'BEP 46, publishing content', 'the item names no info-hash');
  }
  return Id20.from(ih);
}

export function formatMutableMagnet({ publicKey, salt }: TorrentPublisher): string {
  const link = `magnet:?xs=urn:btpk:${toHex(publicKey)}`;
  return salt === undefined || salt.length === 0 ? link : `${link}&s=${toHex(salt)}`;
}

/** Reads `magnet:?xs=urn:btpk:…&s=…`; a ProtocolError if the text is none. */
export function parseMutableMagnet(link: string): TorrentPublisher {
  const query = /^magnet:\?(.*)$/i.exec(link)?.[1];
  if (query === undefined) throw bad('it does not start with magnet:?');
  let publicKey: Uint8Array | undefined;
  let salt: Uint8Array | undefined;
  for (const parameter of query.split('&')) {
    const key = /^xs=urn:btpk:([0-9a-f]{64})$/i.exec(parameter)?.[1];
    if (key !== undefined) publicKey ??= fromHex(key);
    const saltHex = /^s=([0-9a-f]*)$/i.exec(parameter)?.[1];
    if (saltHex !== undefined) salt ??= fromHex(saltHex) ?? raise('its salt is no hexadecimal text');
  }
  if (publicKey === undefined) throw bad('it names no public key of 32 bytes');
  if (salt !== undefined && salt.length > limits.saltBytes) throw bad('its salt is too long');
  return { publicKey, salt };
}

function raise(what: string): never {
  throw bad(what);
}

function bad(what: string): ProtocolError {
  return new ProtocolError('dht/bad-magnet', 'BEP 46, magnet link', `the link names no mutable torrent: ${what}`);
}
