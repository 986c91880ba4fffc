/** How the reference peer asks a tracker for peers (BEP 3, trackers). */
import { type BencodedMap, latin1, readBencode } from '../../probe/bencode.ts';
import { readCompact } from '../../probe/endpoint.ts';
import type { Endpoint } from '../../target/target.ts';

export interface Announcing {
  readonly infoHash: Uint8Array;
  readonly peerId: Uint8Array;
  readonly port: number;
  readonly left: number;
  readonly event: 'started' | 'completed' | 'stopped';
}

export async function askTracker(url: string, announcing: Announcing): Promise<readonly Endpoint[]> {
  const { infoHash, peerId, port, left, event } = announcing;
  const query = [
    `info_hash=${escaped(infoHash)}&peer_id=${escaped(peerId)}&port=${port}&compact=1`,
    `uploaded=0&downloaded=0&left=${left}&event=${event}`,
  ].join('&');
  const response = await fetch(`${url}${url.includes('?') ? '&' : '?'}${query}`);
  const answer = readBencode(new Uint8Array(await response.arrayBuffer())).value as BencodedMap;
  return readCompact((answer.get('peers') ?? new Uint8Array()) as Uint8Array);
}

function escaped(bytes: Uint8Array): string {
  return latin1(bytes).replace(/./gs, (each) => `%${each.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
