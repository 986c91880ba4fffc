/**
 * Swarms in Valkey or Redis (6.2 and later), so that several trackers see the same ones. Each swarm is a few sorted sets of
 * compact addresses by the time when they expire. Every announce is one script: it forgets, records, counts and picks in one
 * step, by the clock of the store alone. Nobody waits for a store that is slow or away: clients get an error and ask again.
 */
import { type Environment, toHex } from '@ferro/core';
import { Redis } from 'iovalkey';
import { limits } from './limits.ts';
import {
  roles,
  type StoreAnnounce,
  type StoreAnswer,
  type StoreFailure,
  type StoreTotals,
  type SwarmCounts,
  type SwarmStore,
} from './store.ts';

export interface ValkeyStoreOptions {
  /** `redis://host:port`, with user, password and database where needed. */
  readonly url: string;
  /** Milliseconds that a peer is remembered after its announce. */
  readonly lifeMs?: number;
  /** Before the names of all keys. */
  readonly prefix?: string;
  /** The store has gone, with a reason, or is back, without one. */
  readonly changed?: (reason?: string) => void;
}

/** Sets of a swarm: leechers, paused, seeders of IPv4, then of IPv6. */
const SETS = 6;

/** Forgets what has expired and counts the rest; `t` is now, in milliseconds. */
const COUNT = `
local time = redis.call('TIME')
local t = time[1] * 1000 + math.floor(time[2] / 1000)
local n = {}
for i = 1, ${SETS} do
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', t)
  n[i] = redis.call('ZCARD', KEYS[i])
end
local done = tonumber(redis.call('GET', KEYS[${SETS + 1}]) or '0')
local counts = {n[3] + n[6], n[1] + n[4], n[2] + n[5], done}
`;

/** ARGV: address in hexadecimal, first set of its family, role, whether it is recorded, completed, life in ms, want, both families. */
const ANNOUNCE = `
local address = ARGV[1]:gsub('..', function(pair) return string.char(tonumber(pair, 16)) end)
local first, role, life = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[6])
${COUNT}
local own, fresh = first + role, 0
for i = first, first + 2 do
  if i ~= own or ARGV[4] == '0' then redis.call('ZREM', KEYS[i], address) end
end
if ARGV[4] == '1' then
  fresh = redis.call('ZADD', KEYS[own], t + life, address)
  redis.call('PEXPIRE', KEYS[own], life)
  if fresh == 1 and ARGV[5] == '1' then redis.call('INCR', KEYS[${SETS + 1}]) end
  redis.call('PEXPIRE', KEYS[${SETS + 1}], life)
end
for i = first, first + 2 do n[i] = redis.call('ZCARD', KEYS[i]) end
done = tonumber(redis.call('GET', KEYS[${SETS + 1}]) or '0')
local function pick(from, want)
  local last, total, left, found = from, 0, want, {}
  if role == 0 then last = from + 2 end
  for i = from, last do total = total + n[i] end
  for i = from, last do
    local share = math.min(left, n[i])
    if total > want then share = math.min(left, math.ceil(want * n[i] / total)) end
    if share > 0 then
      for _, peer in ipairs(redis.call('ZRANDMEMBER', KEYS[i], share)) do
        if peer ~= address then found[#found + 1] = peer end
      end
      left = left - share
    end
  end
  return found
end
local want, other = tonumber(ARGV[7]), 5 - first
local mine, theirs = {}, {}
if role < 3 and want > 0 then
  mine = pick(first, want)
  if ARGV[8] == '1' then theirs = pick(other, want - #mine) end
end
return {{n[3] + n[6], n[1] + n[4], n[2] + n[5], done}, table.concat(mine), table.concat(theirs)}
`;

const SCRAPE = `${COUNT}
return counts
`;

type Announced = readonly [counts: readonly [number, number, number, number], own: Uint8Array, other: Uint8Array];

/** What defineCommand() adds to the client; the Buffer forms keep raw bytes raw. */
interface Scripts {
  ferroAnnounceBuffer(...args: readonly (string | number)[]): Promise<Announced>;
  ferroScrape(...args: readonly (string | number)[]): Promise<readonly [number, number, number, number]>;
}

export class ValkeyStore implements SwarmStore {
  readonly #client: Redis & Scripts;
  readonly #lifeMs: number;
  readonly #prefix: string;
  #waiting = 0;
  #away = false;

  /** The environment is not used: the store's own clock and chance are the same for all trackers. */
  constructor(_env: Environment, options: ValkeyStoreOptions) {
    this.#lifeMs = options.lifeMs ?? 1000 * limits.interval * limits.lifeIntervals;
    this.#prefix = options.prefix ?? 'ferro:';
    const client = new Redis(options.url, {
      // A question for a store that is away fails at once; nothing piles up until it is back.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: limits.storeMs,
      connectTimeout: limits.storeMs,
      retryStrategy: () => limits.storeRetryMs,
      reconnectOnError: null,
    });
    client.defineCommand('ferroAnnounce', { numberOfKeys: SETS + 1, lua: ANNOUNCE });
    client.defineCommand('ferroScrape', { numberOfKeys: SETS + 1, lua: SCRAPE });
    this.#client = client as Redis & Scripts;
    client.on('error', (error: Error) => this.#change(options, error.message));
    client.on('close', () => this.#change(options, 'the connection has ended'));
    client.on('ready', () => this.#change(options));
  }

  announce(announce: StoreAnnounce, done: (answer: StoreAnswer | StoreFailure) => void): void {
    if (this.#isBusy(done)) return;
    const { address, role } = announce;
    const isV4 = address.length === 6;
    const records = announce.listed && role !== roles.gone;
    this.#client
      .ferroAnnounceBuffer(
        ...this.#keys(announce.infoHash, 0),
        toHex(address),
        isV4 ? 1 : 4,
        role,
        records ? 1 : 0,
        announce.completed && role === roles.seeder ? 1 : 0,
        this.#lifeMs,
        Math.max(0, Math.min(announce.want, limits.numWant)),
        announce.bothFamilies ? 1 : 0,
      )
      .then(([counts, own, other]) => {
        const [seeders, leechers, paused, completed] = counts;
        const [peers, peers6] = isV4 ? [own, other] : [other, own];
        return { type: 'answer' as const, seeders, leechers, paused, completed, peers, peers6, full: false };
      }, failure)
      .then((answer) => this.#settle(done, answer));
  }

  scrape(infoHashes: Uint8Array, count: number, done: (counts: readonly SwarmCounts[] | StoreFailure) => void): void {
    if (this.#isBusy(done)) return;
    const asked = Array.from({ length: count }, (_, i) => this.#client.ferroScrape(...this.#keys(infoHashes, 20 * i)));
    Promise.all(asked)
      .then(
        (all) => all.map(([seeders, leechers, paused, completed]) => ({ seeders, leechers, paused, completed })),
        failure,
      )
      .then((answer) => this.#settle(done, answer));
  }

  /** Counting would mean to read every key. */
  totals(): StoreTotals {
    return { swarms: undefined, seeders: undefined, leechers: undefined };
  }

  close(): void {
    this.#client.disconnect();
  }

  #isBusy(done: (answer: StoreFailure) => void): boolean {
    if (this.#waiting < limits.storeWaiting) {
      this.#waiting++;
      return false;
    }
    done({ type: 'failed', reason: 'too many questions wait' });
    return true;
  }

  #settle<Answer>(done: (answer: Answer) => void, answer: Answer): void {
    this.#waiting--;
    done(answer);
  }

  /** All keys of a swarm share a tag, and so a place in a cluster. */
  #keys(hashes: Uint8Array, at: number): string[] {
    const hex = toHex(hashes.subarray(at, at + 20));
    const tag = `${this.#prefix}{${hex}}:`;
    return Array.from({ length: SETS + 1 }, (_, i) => tag + i);
  }

  /** Each change is told once. */
  #change(options: ValkeyStoreOptions, reason?: string): void {
    const away = reason !== undefined;
    if (away === this.#away) return;
    this.#away = away;
    options.changed?.(reason);
  }
}

function failure(error: unknown): StoreFailure {
  return { type: 'failed', reason: error instanceof Error ? error.message : String(error) };
}
