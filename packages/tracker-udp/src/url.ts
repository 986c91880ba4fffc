/** The URL of a UDP tracker, `udp://host:port/path?query`, cut into what is resolved and what is sent along (BEP 41, overview). */
import { ProtocolError } from '@ferro/core';

export interface UdpTrackerUrl {
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** Path and query as they stand; empty if there are none. */
  readonly urlData: string;
}

/** There is no default port: a URL without one is a ProtocolError, like anything else that is no such URL. */
export function parseUdpUrl(url: string): UdpTrackerUrl {
  const match = /^udp:\/\/(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+)):(\d{1,5})([/?][\x21-\x7e]*)?$/i.exec(
    withoutFragment(url),
  );
  const port = Number(match?.[3]);
  if (match === null || port === 0 || port > 65535) {
    throw new ProtocolError('tracker-udp/bad-url', 'BEP 41, overview', 'not of the form udp://host:port/path');
  }
  return { host: match[1] ?? match[2]!, port, urlData: match[4] ?? '' };
}

function withoutFragment(url: string): string {
  const fragment = url.indexOf('#');
  return fragment < 0 ? url : url.slice(0, fragment);
}
