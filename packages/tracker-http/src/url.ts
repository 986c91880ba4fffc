/**
 * The parts of a tracker's URL, cut without changing a byte (BEP 3, trackers; BEP 15 and 41 for `udp:`). It accepts less than a
 * browser does: what two readers could read differently is refused, because the address that is checked must be the address
 * that is asked.
 */
import { ProtocolError } from '@ferro/core';

export interface TrackerUrl {
  readonly scheme: 'http' | 'https' | 'udp';
  /** Lower case; IPv6 addresses without their brackets. */
  readonly host: string;
  /** 80 or 443 if the URL has none; 0 for `udp:`, which has no default. */
  readonly port: number;
  /** As it stands; `/` if there is none. */
  readonly path: string;
  /** Without the question mark, as it stands; undefined if there is none. */
  readonly query: string | undefined;
}

const PORTS = { http: 80, https: 443, udp: 0 } as const;
const HOST = /^(?:[a-z0-9_-]+\.)*[a-z0-9_-]+\.?$/;

/** A ProtocolError with the code `tracker-http/bad-url` says what is wrong. */
export function parseTrackerUrl(url: string): TrackerUrl {
  if (/[^\x21-\x7e]|[\\"<>^`{|}]/.test(url)) throw badUrl('a character that has to be escaped');
  const match = /^([a-z]+):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#.*)?$/i.exec(url);
  if (match === null) throw badUrl('not of the form scheme://host/path');
  const scheme = match[1]!.toLowerCase();
  if (scheme !== 'http' && scheme !== 'https' && scheme !== 'udp') throw badUrl(`the scheme ${scheme}`);
  const authority = /^(?:\[([0-9a-f:.]+)\]|([^:@[\]]+))(?::(\d{1,5}))?$/i.exec(match[2]!);
  if (authority === null) throw badUrl('a host that is no name or address');
  const host = (authority[1] ?? authority[2]!).toLowerCase();
  if (authority[1] === undefined && !HOST.test(host)) throw badUrl('a host that is no name or address');
  const port = authority[3] === undefined ? PORTS[scheme] : Number(authority[3]);
  if (port > 65535 || (port === 0 && authority[3] !== undefined)) throw badUrl('an impossible port');
  return { scheme, host, port, path: match[3] || '/', query: match[4] };
}

function badUrl(what: string): ProtocolError {
  return new ProtocolError('tracker-http/bad-url', 'RFC 3986, syntax', `the tracker's URL has ${what}`);
}
