/**
 * Swarms in memory: a million peers in a hundred thousand swarms take some 60 MB, as everything lies in typed arrays. A list is
 * visited when its oldest peer is due, so expiry costs what expires; it happens with the announce that notices the time.
 */
import type { Environment, Instant } from '@ferro/core';
import { readU32 } from '@ferro/core';
import { AddressBudget } from './address-budget.ts';
import { Blocks } from './blocks.ts';
import { limits } from './limits.ts';
import { PeerList } from './peer-list.ts';
import { Dice, pickPeers } from './peer-pick.ts';
import {
  roles,
  type StoreAnnounce,
  type StoreAnswer,
  type StoreFailure,
  type StoreTotals,
  type SwarmCounts,
  type SwarmStore,
} from './store.ts';
import { LISTS, SwarmTable } from './swarm-table.ts';

export interface MemoryStoreOptions {
  /** Milliseconds that a peer is remembered after its announce. */
  readonly lifeMs?: number;
  readonly peers?: number;
  readonly swarms?: number;
  readonly peersPerAddress?: number;
}

/** More places than a life has steps, and a divisor of the 256 steps that a peer's age counts. */
const WHEEL = 64;
const NOTHING = new Uint8Array(0);
type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };

export class MemoryStore implements SwarmStore {
  readonly #env: Environment;
  readonly #stepMs: number;
  readonly #peersMax: number;
  readonly #swarmsMax: number;
  readonly #table: SwarmTable;
  readonly #budget: AddressBudget;
  readonly #dice: Dice;
  /** Lenses for the three roles, of IPv4 and of IPv6. */
  readonly #v4: readonly [PeerList, PeerList, PeerList];
  readonly #v6: readonly [PeerList, PeerList, PeerList];
  readonly #v4Leechers: readonly PeerList[];
  readonly #v6Leechers: readonly PeerList[];
  readonly #room = new Uint16Array(3 * limits.numWant);
  readonly #room6 = new Uint16Array(9 * limits.numWant);
  readonly #bytes = new Uint8Array(this.#room.buffer);
  readonly #bytes6 = new Uint8Array(this.#room6.buffer);
  /** The first list, plus one, that is due at each step. */
  readonly #wheel = new Int32Array(WHEEL);
  readonly #start: Instant;
  #step = 0;
  #nextStep: Instant;
  /** By role. */
  readonly #totals = [0, 0, 0];
  readonly #answer: Mutable<StoreAnswer> = {
    type: 'answer',
    seeders: 0,
    leechers: 0,
    paused: 0,
    completed: 0,
    peers: NOTHING,
    peers6: NOTHING,
    full: false,
  };

  constructor(env: Environment, options: MemoryStoreOptions = {}) {
    this.#env = env;
    this.#stepMs = (options.lifeMs ?? 1000 * limits.interval * limits.lifeIntervals) / limits.lifeSteps;
    this.#peersMax = options.peers ?? limits.peers;
    this.#swarmsMax = options.swarms ?? limits.swarms;
    const seeds = new Uint8Array(16);
    env.random(seeds);
    const blocks = new Blocks();
    const lens = (size: 6 | 18) => new PeerList(blocks, size, readU32(seeds, 0));
    this.#v4 = [lens(6), lens(6), lens(6)];
    this.#v6 = [lens(18), lens(18), lens(18)];
    this.#v4Leechers = [this.#v4[0]];
    this.#v6Leechers = [this.#v6[0]];
    this.#table = new SwarmTable(readU32(seeds, 4));
    this.#budget = new AddressBudget(options.peersPerAddress ?? limits.peersPerAddress, readU32(seeds, 8));
    this.#dice = new Dice(readU32(seeds, 12));
    this.#start = env.now();
    this.#nextStep = this.#start + this.#stepMs;
  }

  announce(announce: StoreAnnounce, done: (answer: StoreAnswer | StoreFailure) => void): void {
    this.#advance();
    const answer = this.#answer;
    let swarm = this.#table.find(announce.infoHash, 0);
    const records = announce.listed && announce.role !== roles.gone;
    answer.full = records && swarm < 0 && this.#table.size >= this.#swarmsMax;
    const created = swarm < 0 && records && !answer.full;
    if (created) swarm = this.#table.add(announce.infoHash);
    answer.peers = NOTHING;
    answer.peers6 = NOTHING;
    this.#open(swarm);
    if (swarm >= 0) {
      const place = this.#record(announce, swarm, records);
      this.#pick(announce, place);
      if (created && answer.full) this.#table.remove(swarm);
    }
    this.#count(answer, swarm);
    done(answer);
  }

  scrape(infoHashes: Uint8Array, count: number, done: (counts: readonly SwarmCounts[] | StoreFailure) => void): void {
    this.#advance();
    const counts: SwarmCounts[] = [];
    for (let i = 0; i < count; i++) {
      const swarm = this.#table.find(infoHashes, 20 * i);
      this.#open(swarm);
      const of = { seeders: 0, leechers: 0, paused: 0, completed: 0 };
      this.#count(of, swarm);
      counts.push(of);
    }
    done(counts);
  }

  totals(): StoreTotals {
    this.#advance();
    const [leechers, paused, seeders] = this.#totals as [number, number, number];
    return { swarms: this.#table.size, seeders, leechers: leechers + paused };
  }

  close(): void {}

  #open(swarm: number): void {
    for (let role = 0; role < 3; role++) {
      this.#v4[role]!.open(swarm < 0 ? 0 : this.#table.blockOf(LISTS * swarm + role));
      this.#v6[role]!.open(swarm < 0 ? 0 : this.#table.blockOf(LISTS * swarm + 3 + role));
    }
  }

  #count(into: Mutable<SwarmCounts>, swarm: number): void {
    into.leechers = this.#v4[0].count + this.#v6[0].count;
    into.paused = this.#v4[1].count + this.#v6[1].count;
    into.seeders = this.#v4[2].count + this.#v6[2].count;
    into.completed = swarm < 0 ? 0 : this.#table.completedOf(swarm);
  }

  /** Enters the peer in the list of its role and in no other. Its place there, or -1. */
  #record(announce: StoreAnnounce, swarm: number, records: boolean): number {
    const { address, role } = announce;
    const lenses = address.length === 6 ? this.#v4 : this.#v6;
    const first = LISTS * swarm + (address.length === 6 ? 0 : 3);
    let moved = false;
    for (let other = 0; other < 3; other++) {
      const list = lenses[other]!;
      const place = list.find(address);
      if (place < 0) continue;
      if (other === role && records) {
        list.touch(place, this.#step);
        return place;
      }
      list.remove(place);
      this.#totals[other]!--;
      moved = true;
    }
    if (!records) {
      if (moved) this.#budget.giveBack(address, 0, address.length);
      return -1;
    }
    if (!moved && !this.#admits(address)) {
      this.#answer.full = true;
      return -1;
    }
    const list = lenses[role as 0 | 1 | 2];
    const isNew = list.block === 0;
    list.add(address, this.#step);
    this.#table.setBlock(first + role, list.block);
    if (isNew) this.#schedule(list, first + role);
    this.#totals[role]!++;
    if (announce.completed && role === roles.seeder) this.#table.countCompleted(swarm);
    return list.count - 1;
  }

  #admits(address: Uint8Array): boolean {
    const [leechers, paused, seeders] = this.#totals as [number, number, number];
    return leechers + paused + seeders < this.#peersMax && this.#budget.take(address, 0, address.length);
  }

  /** Who downloads is told of all; who does not, of those that do. Own family first. */
  #pick(announce: StoreAnnounce, place: number): void {
    const isV4 = announce.address.length === 6;
    let want = announce.role === roles.gone ? 0 : Math.min(announce.want, limits.numWant);
    if (want <= 0) return;
    const all = announce.role === roles.leecher;
    const self = all ? place : -1;
    if (!isV4) want -= this.#pickV6(all, want, self);
    if (isV4 || (announce.bothFamilies && want > 0)) {
      const count = pickPeers(all ? this.#v4 : this.#v4Leechers, want, isV4 ? self : -1, this.#dice, this.#room);
      this.#answer.peers = this.#bytes.subarray(0, 6 * count);
      want -= count;
    }
    if (isV4 && announce.bothFamilies && want > 0) this.#pickV6(all, want, -1);
  }

  #pickV6(all: boolean, want: number, self: number): number {
    const count = pickPeers(all ? this.#v6 : this.#v6Leechers, want, self, this.#dice, this.#room6);
    if (count > 0) this.#answer.peers6 = this.#bytes6.subarray(0, 18 * count);
    return count;
  }

  #schedule(list: PeerList, number: number): void {
    const due = (list.ageOf(list.oldest) + limits.lifeSteps + 1) % WHEEL;
    list.next = this.#wheel[due]!;
    this.#wheel[due] = number + 1;
  }

  #advance(): void {
    const now = this.#env.now();
    while (now >= this.#nextStep) {
      this.#step++;
      this.#nextStep = this.#start + (this.#step + 1) * this.#stepMs;
      this.#expire();
    }
  }

  /** Visits the lists whose oldest peer was due at this step when they were scheduled. */
  #expire(): void {
    const place = this.#step % WHEEL;
    let number = this.#wheel[place]! - 1;
    this.#wheel[place] = 0;
    while (number >= 0) {
      const lenses = number % LISTS < 3 ? this.#v4 : this.#v6;
      const role = number % 3;
      const list = lenses[role]!.open(this.#table.blockOf(number));
      const next = list.next - 1;
      for (let oldest = list.oldest; oldest >= 0 && this.#isSilent(list, oldest); oldest = list.oldest) {
        this.#budget.giveBack(list.bytes, list.at + oldest * list.size, list.size);
        list.remove(oldest);
        this.#totals[role]!--;
      }
      list.shrink();
      this.#table.setBlock(number, list.block);
      const swarm = Math.floor(number / LISTS);
      if (list.block !== 0) this.#schedule(list, number);
      else if (this.#table.isEmpty(swarm)) this.#table.remove(swarm);
      number = next;
    }
  }

  #isSilent(list: PeerList, place: number): boolean {
    return ((this.#step - list.ageOf(place)) & 255) > limits.lifeSteps;
  }
}
