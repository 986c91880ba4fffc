/** A clock that is moved by hand, torrents by number, and what a core says until a time. */
import { type Environment, Id20 } from '@ferro/core';
import { type Announcement, decodeAnnouncement, encodeAnnouncement, Lsd, type LsdEvent } from '../src/index.ts';

export class Clock implements Environment {
  time = 0;
  readonly #chance: number;

  constructor(chance = 7) {
    this.#chance = chance;
  }

  now(): number {
    return this.time;
  }

  random(bytes: Uint8Array): void {
    bytes.fill(this.#chance);
  }
}

export function torrent(number: number): Id20 {
  return Id20.from(number.toString(16).padStart(40, '0'));
}

export class Neighbour {
  readonly clock: Clock;
  readonly lsd: Lsd;

  constructor(chance = 7, clock: Clock = new Clock(chance)) {
    this.clock = clock;
    this.lsd = new Lsd({ now: () => clock.now(), random: (bytes) => bytes.fill(chance) }, { family: 4, port: 6_881 });
  }

  add(...numbers: number[]): void {
    for (const number of numbers) this.lsd.add({ infoHash: torrent(number), isPrivate: false });
  }

  /** What it announces until that time, with the time of each. */
  until(time: number): { readonly at: number; readonly bytes: Uint8Array; readonly said: Announcement }[] {
    const all: ReturnType<Neighbour['until']> = [];
    while (this.lsd.deadline <= time) {
      this.clock.time = Math.max(this.clock.time, this.lsd.deadline);
      this.lsd.tick();
      for (const { bytes } of this.lsd.flush())
        all.push({ at: this.clock.time, bytes, said: decodeAnnouncement(bytes) });
    }
    this.clock.time = time;
    return all;
  }

  hear(announcement: Partial<Announcement>, ip = '192.168.1.7'): readonly LsdEvent[] {
    const bytes = encodeAnnouncement({ port: 6_882, infoHashes: [torrent(1)], ...announcement });
    return this.lsd.receive({ bytes, address: { ip, port: 6771 } });
  }
}
