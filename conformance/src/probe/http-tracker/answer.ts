/** What a tracker says in bencode (BEP 3, trackers; BEP 7, 23, 24, 48): read leniently, with what is odd kept on the side. */
import { Finding, show } from '../../finding.ts';
import type { Endpoint } from '../../target/target.ts';
import { type Bencoded, type BencodedMap, describeBencode, latin1, MalformedBencode, readBencode } from '../bencode.ts';
import { readCompact } from '../endpoint.ts';
import type { HttpAnswer } from './http.ts';

export interface TrackerAnswer {
  readonly http: HttpAnswer;
  readonly dictionary: BencodedMap;
  /** What is not canonical bencode. */
  readonly violations: readonly string[];
  /** The reason of a failure, as it came: it should be a string. */
  readonly failure: Bencoded | undefined;
  /** IPv4 peers, and those from a list, of whatever family. */
  readonly peers: readonly Endpoint[];
  readonly peers6: readonly Endpoint[];
  readonly form: 'compact' | 'list' | 'absent' | 'something else';
}

/** A finding where the body is no bencoded dictionary. */
export function readAnswer(http: HttpAnswer): TrackerAnswer {
  const { value, violations } = readBody(http);
  if (!(value instanceof Map)) throw new Finding('the body', 'a bencoded dictionary', show(value));
  const dictionary = value as BencodedMap;
  const peers = dictionary.get('peers');
  const peers6 = dictionary.get('peers6');
  return {
    http,
    dictionary,
    violations,
    failure: dictionary.get('failure reason'),
    peers: readPeers(peers),
    peers6: peers6 instanceof Uint8Array ? readCompact(peers6, 18) : [],
    form: formOf(peers),
  };
}

export function isBencodedDictionary({ body }: HttpAnswer): boolean {
  try {
    return readBencode(body).value instanceof Map;
  } catch {
    return false;
  }
}

/** For the timeline: the dictionary, or the beginning of whatever it is. */
export function describeBody(body: Uint8Array): string {
  try {
    return describeBencode(readBencode(body).value);
  } catch {
    return JSON.stringify(latin1(body.subarray(0, 80)));
  }
}

/** Text where the value is a byte string. */
export function textOf(value: Bencoded | undefined): string | undefined {
  return value instanceof Uint8Array ? latin1(value) : undefined;
}

function readBody({ body, status }: HttpAnswer): ReturnType<typeof readBencode> {
  try {
    return readBencode(body);
  } catch (error) {
    if (!(error instanceof MalformedBencode)) throw error;
    const start = JSON.stringify(latin1(body.subarray(0, 60)));
    throw new Finding('the body', 'a bencoded dictionary', `status ${status} and ${start} (${error.message})`);
  }
}

function readPeers(peers: Bencoded | undefined): readonly Endpoint[] {
  if (peers instanceof Uint8Array) return readCompact(peers);
  if (!Array.isArray(peers)) return [];
  return (peers as readonly Bencoded[]).flatMap((peer) => {
    if (!(peer instanceof Map)) return [];
    const [ip, port] = [textOf(peer.get('ip')), peer.get('port')];
    return ip === undefined || typeof port !== 'number' ? [] : [{ ip, port }];
  });
}

function formOf(peers: Bencoded | undefined): TrackerAnswer['form'] {
  if (peers === undefined) return 'absent';
  if (peers instanceof Uint8Array) return 'compact';
  return Array.isArray(peers) ? 'list' : 'something else';
}
