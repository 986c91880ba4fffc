/**
 * An announcement, both ways (BEP 14, protocol): a request in the manner of HTTP, in one datagram to a group, that says which
 * torrents are here and on which port. Lines end as HTTP's do; what is not understood is skipped, what is understood has to be right.
 */
import { Id20, ProtocolError, utf8 } from '@ferro/core';
import { limits } from './limits.ts';

export interface Announcement {
  /** The group that it was sent to, as text: `239.192.152.143:6771`. Deployed clients leave it out now and then. */
  readonly host?: string | undefined;
  /** Where the sender listens for peers. */
  readonly port: number;
  /** At least one. */
  readonly infoHashes: readonly Id20[];
  /** By which a sender knows its own announcements. */
  readonly cookie?: string | undefined;
}

const SPEC = 'BEP 14, protocol';
const START = 'BT-SEARCH * HTTP/1.1';
const END = '\r\n';

export function encodeAnnouncement({ host, port, infoHashes, cookie }: Announcement): Uint8Array {
  const lines = [START];
  if (host !== undefined) lines.push(`Host: ${host}`);
  lines.push(`Port: ${port}`);
  for (const infoHash of infoHashes) lines.push(`Infohash: ${infoHash.hex}`);
  if (cookie !== undefined) lines.push(`cookie: ${cookie}`);
  return utf8(lines.join(END) + END + END + END);
}

/** How many info-hashes fit into one announcement that is no longer than it should be. */
export function infoHashesIn(length: number, announcement: Omit<Announcement, 'infoHashes'>): number {
  const empty = encodeAnnouncement({ ...announcement, infoHashes: [] }).length;
  return Math.floor((length - empty) / `Infohash: ${'0'.repeat(40)}${END}`.length);
}

/** Throws a ProtocolError if it is none. */
export function decodeAnnouncement(bytes: Uint8Array): Announcement {
  if (bytes.length > limits.receiveLength) throw refuse('too-long', `${bytes.length} bytes`);
  const text = asciiOf(bytes);
  const end = text.indexOf(END + END);
  if (end === -1) throw refuse('unfinished', 'no empty line after the headers');
  const [start, ...lines] = text.slice(0, end).split(END);
  if (start !== START) throw refuse('start-line', 'no BT-SEARCH request');
  if (lines.length > limits.lines) throw refuse('too-many-lines', `${lines.length} lines`);
  return readHeaders(lines);
}

function readHeaders(lines: readonly string[]): Announcement {
  const infoHashes = new Map<string, Id20>();
  const single = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) throw refuse('header', 'a line that is no header');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'infohash') {
      const infoHash = infoHashOf(value);
      infoHashes.set(infoHash.hex, infoHash);
    } else if (name === 'host' || name === 'port' || name === 'cookie') {
      if (single.has(name)) throw refuse('repeated-header', `${name} twice`);
      single.set(name, value);
    }
  }
  if (infoHashes.size === 0) throw refuse('no-infohash', 'no torrent is named');
  return {
    port: portOf(single.get('port')),
    infoHashes: [...infoHashes.values()],
    host: single.get('host'),
    cookie: single.get('cookie'),
  };
}

function infoHashOf(value: string): Id20 {
  if (!/^[0-9a-fA-F]{40}$/.test(value)) throw refuse('infohash', 'no info-hash of 40 hexadecimal digits');
  return Id20.from(value.toLowerCase());
}

function portOf(value: string | undefined): number {
  const port = value !== undefined && /^\d{1,5}$/.test(value) ? Number(value) : 0;
  if (port < 1 || port > 65_535) throw refuse('port', 'no port');
  return port;
}

/** Headers are ASCII; anything else in them is noise. */
function asciiOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    if (byte > 126 || (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13)) throw refuse('not-text', `byte ${byte}`);
    text += String.fromCharCode(byte);
  }
  return text;
}

function refuse(what: string, message: string): ProtocolError {
  return new ProtocolError(`lsd/${what}`, SPEC, message);
}
