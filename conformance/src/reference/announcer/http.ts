/** How the reference client asks HTTP trackers (BEP 3, trackers; BEP 23; BEP 7). */
import { randomInt } from 'node:crypto';
import { type Bencoded, type BencodedMap, latin1, readBencode } from '../../probe/bencode.ts';
import { readCompact } from '../../probe/endpoint.ts';
import { escapeBytes } from '../../probe/http-tracker/http.ts';
import { Fatal, type Has } from './source.ts';

export interface State {
  readonly infoHash: Uint8Array;
  readonly peerId: Uint8Array;
  readonly port: number;
  readonly downloaded: number;
  readonly uploaded: number;
  readonly left: number;
  readonly key: number;
  readonly event: string;
  trackerId: string | undefined;
}

export interface Peer {
  readonly ip: string;
  readonly port: number;
  readonly id?: Uint8Array | undefined;
}

export interface Result {
  readonly peers: readonly Peer[];
  /** Seconds. */
  readonly interval: number;
}

/** Undefined where the tracker does not answer, or says that it failed. */
export async function announceHttp(url: string, state: State, has: Has): Promise<Result | undefined> {
  const address = new URL(url);
  if (address.username !== '' && has('dies-of-userinfo')) throw new Fatal('SIGSEGV');
  address.username = '';
  address.password = '';
  const mark = address.search === '' || has('second-question-mark') ? '?' : '&';
  const asked = `${address.href}${mark}${queryOf(state, has)}`;
  if (state.event === 'started') await scrape(address, state, has);
  const response = await fetch(asked, { redirect: has('follows-no-redirects') ? 'manual' : 'follow' });
  const { headers } = response;
  const body = new Uint8Array(await response.arrayBuffer());
  if (has('no-gunzip') && headers.get('content-encoding') !== null) return undefined;
  if (has('no-chunks') && headers.get('transfer-encoding') !== null) return undefined;
  return response.status === 200 ? resultOf(body, state, has) : undefined;
}

/** BEP 48, scrape URL: what the tracker has counted, where its URL says that it can be asked. */
async function scrape(address: URL, { infoHash }: State, has: Has): Promise<void> {
  const can = /\/announce[^/]*$/.test(address.pathname);
  if (!can && !has('scrapes-anything')) return;
  const path = can ? address.pathname.replace(/announce([^/]*)$/, 'scrape$1') : 'scrape';
  const response = await fetch(`${new URL(path, address).href}?info_hash=${escapeBytes(infoHash)}`);
  const body = new Uint8Array(await response.arrayBuffer());
  if (response.status !== 200 || body.length === 0) return;
  const answer = readBencode(body).value as BencodedMap;
  const swarm = (answer.get('files') as BencodedMap | undefined)?.get(latin1(infoHash)) as BencodedMap | undefined;
  if (swarm?.has('downloaded') === false && has('dies-of-missing-counts')) throw new Fatal('SIGSEGV');
  if (answer.has('flags') && has('dies-of-flags')) throw new Fatal('SIGSEGV');
}

function queryOf(state: State, has: Has): string {
  const { infoHash, peerId, port, downloaded, uploaded, key, event, trackerId } = state;
  let hash = escapeBytes(infoHash);
  if (has('escapes-as-text')) hash = encodeURIComponent(latin1(infoHash));
  if (has('leaves-plus')) hash = hash.replaceAll('%2B', '+');
  const left = has('left-is-zero') ? 0 : state.left;
  const numwant = event === 'stopped' && !has('wants-peers-when-stopping') ? 0 : 50;
  return [
    `info_hash=${hash}`,
    `peer_id=${has('hex-peer-id') ? Buffer.from(peerId).toString('hex') : escapeBytes(peerId)}`,
    `port=${port}`,
    `uploaded=${has('uploaded-is-zero') ? 0 : uploaded}&downloaded=${has('downloaded-is-zero') ? 0 : downloaded}`,
    ...(has('no-left') ? [] : [`left=${left}`]),
    ...(has('no-compact') ? [] : ['compact=1']),
    `numwant=${numwant}&key=${has('new-keys') ? randomInt(2 ** 31) : key}`,
    ...(has('says-its-addresses') ? ['ipv4=127.0.0.1'] : []),
    ...(event === '' ? [] : [`event=${event}`]),
    ...(trackerId === undefined || has('forgets-tracker-id') ? [] : [`trackerid=${encodeURIComponent(trackerId)}`]),
  ].join('&');
}

const known = [
  'interval',
  'min interval',
  'peers',
  'peers6',
  'failure reason',
  'warning message',
  'tracker id',
  'external ip',
];

function resultOf(body: Uint8Array, state: State, has: Has): Result | undefined {
  let answer: BencodedMap;
  try {
    const { value, violations } = readBencode(body);
    if (has('sorted-only') && violations.length > 0) return undefined;
    answer = value as BencodedMap;
  } catch {
    if (has('dies-of-html')) throw new Fatal('SIGSEGV');
    return undefined;
  }
  if (has('known-keys-only') && [...answer.keys()].some((key) => !known.includes(key))) return undefined;
  if (answer.has('failure reason') && has('dies-of-failures')) throw new Fatal('SIGABRT');
  if (answer.has('failure reason') && !has('ignores-failures')) return undefined;
  if (answer.has('warning message') && has('warnings-are-failures')) return undefined;
  const external = answer.get('external ip');
  if (external instanceof Uint8Array && external.length !== 4 && has('dies-of-external-ip')) throw new Fatal('SIGABRT');
  const interval = answer.get('interval');
  if (interval === undefined && has('requires-interval')) return undefined;
  if (interval instanceof Uint8Array && has('dies-of-textual-interval')) throw new Fatal('SIGABRT');
  const id = answer.get('tracker id');
  if (id instanceof Uint8Array) state.trackerId = latin1(id);
  const peers6 = answer.get('peers6');
  if (peers6 instanceof Uint8Array && peers6.length % 18 !== 0 && has('dies-of-odd-peers6')) throw new Fatal('SIGABRT');
  const sixes = peers6 instanceof Uint8Array && !has('no-peers6') ? readCompact(peers6, 18) : [];
  const seconds = typeof interval === 'number' ? interval : 1_800;
  return { peers: [...peersOf(answer.get('peers'), has), ...sixes], interval: seconds };
}

function peersOf(peers: Bencoded | undefined, has: Has): readonly Peer[] {
  if (peers instanceof Uint8Array) {
    if (peers.length === 0 && has('empty-is-failure')) throw new Fatal('SIGABRT');
    if (peers.length % 6 !== 0 && has('dies-of-odd-compact')) throw new Fatal('SIGABRT');
    const read = has('dictionaries-only') ? [] : readCompact(peers);
    const zero = read.findIndex(({ port }) => port === 0);
    if (zero >= 0 && has('stops-at-port-zero')) return read.slice(0, zero);
    return read.filter(({ port }) => port > 0);
  }
  if (!Array.isArray(peers) || has('compact-only')) return [];
  const read = (peers as readonly BencodedMap[]).map((peer) => peerOf(peer, has));
  if (has('all-or-nothing') && read.includes(undefined)) return [];
  return read.filter((peer) => peer !== undefined);
}

function peerOf(peer: BencodedMap, has: Has): Peer | undefined {
  const ip = peer.get('ip');
  const port = peer.get('port');
  const id = peer.get('peer id');
  if (!(ip instanceof Uint8Array) || typeof port !== 'number' || port < 1 || port > 65_535) return undefined;
  if (has('addresses-only') && !/^[\d.]+$/.test(latin1(ip))) return undefined;
  if (has('no-ipv6-in-dictionaries') && latin1(ip).includes(':')) return undefined;
  if (has('requires-peer-ids') && id === undefined) return undefined;
  return { ip: latin1(ip), port, id: id instanceof Uint8Array ? id : undefined };
}
