/** A clock that tests turn by hand, and what they say to each other. */
import { type Environment, Id20, utf8 } from '../../core/src/index.ts';
import type { AnnounceRequest } from '../src/index.ts';

export class World implements Environment {
  time = 0;
  now(): number {
    return this.time;
  }
  random(bytes: Uint8Array): void {
    bytes.fill(7);
  }
}

export const hash = (byte: number): Id20 => Id20.from(new Uint8Array(20).fill(byte));
export const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
export const ascii = utf8;

export const request: AnnounceRequest = {
  infoHash: Id20.from('00254a6f94b9de03284d7297bce1062b50759abf'),
  peerId: Id20.from(utf8('-FE0100-~abc.def_123')),
  port: 6881,
  uploaded: 1,
  downloaded: 2,
  left: 3,
};
