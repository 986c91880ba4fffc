/**
 * Whom to tell about one torrent, when, and what (BEP 12, order of processing; BEP 3, trackers; BEP 7, announcing; BEP 21, paused;
 * BEP 27; BEP 31, retry in). A core whose input is what became of its jobs and whose output is jobs; it knows no transport.
 *
 * A lane is one walk through the tiers: one for each address family that is announced, because a tracker must hear of each
 * (BEP 7). Which trackers know us, and what they have been told, is kept for each lane and tracker.
 */
import type { AddressFamily, Core, Environment, Instant } from '@ferro/core';
import type { AnnounceEvent, TrackerFailure } from '@ferro/tracker-http';
import {
  type AnnounceJob,
  type AnnounceOutcome,
  type AnnouncerEvent,
  type AnnouncerOptions,
  announcerLimits,
  type Progress,
} from './announce-job.ts';

/** One tracker in one lane. */
interface Place {
  readonly url: string;
  readonly family: AddressFamily | undefined;
  failures: number;
  /** Not to be asked before, for a failure or for the minimum interval. Infinity: never again (BEP 31). */
  retryAt: Instant;
  earliestAt: Instant;
  /** What the tracker knows: that we are there, and whether we came incomplete and have told it of the completion. */
  started: boolean;
  startedIncomplete: boolean;
  completed: boolean;
  trackerId: string | undefined;
}

interface Running {
  readonly id: number;
  readonly place: Place;
  readonly event: AnnounceEvent | undefined;
  readonly incomplete: boolean;
  readonly until: Instant;
}

interface Lane {
  readonly family: AddressFamily | undefined;
  readonly tiers: Place[][];
  /** The tracker that has answered last. */
  current: Place | undefined;
  running: Running | undefined;
  nextAt: Instant;
}

const NEVER = Number.POSITIVE_INFINITY;
const MINUTE_MS = 60_000;

export class Announcer implements Core<AnnounceOutcome, AnnounceJob, AnnouncerEvent> {
  /** 32 random bits, the same for all trackers and families (BEP 7, announcing). */
  readonly key: number;
  readonly #env: Environment;
  readonly #options: Required<Pick<AnnouncerOptions, 'numWant' | 'intervalMinMs' | 'earlyMs' | 'farewellMs'>>;
  readonly #private: boolean;
  readonly #lanes: readonly Lane[];
  readonly #known = new Set<string>();
  #state: 'idle' | 'running' | 'stopping' = 'idle';
  #progress: Progress = { uploaded: 0, downloaded: 0, left: 0 };
  #complete = false;
  /** Of a stop: farewells without an outcome, and until when they are waited for. */
  readonly #farewells = new Set<number>();
  #farewellUntil: Instant = NEVER;
  #output: AnnounceJob[] = [];
  #nextId = 0;

  constructor(env: Environment, options: AnnouncerOptions) {
    this.#env = env;
    this.#options = { ...announcerLimits, ...options };
    this.#private = options.private ?? false;
    const families = options.families === undefined || options.families.length === 0 ? [undefined] : options.families;
    this.#lanes = families.map((family) => ({
      family,
      tiers: [],
      current: undefined,
      running: undefined,
      nextAt: NEVER,
    }));
    this.key = this.#random(0x1_0000_0000);
    this.add(options.tiers);
  }

  get deadline(): Instant {
    if (this.#state === 'stopping') return this.#farewellUntil;
    if (this.#state === 'idle') return NEVER;
    return Math.min(...this.#lanes.map((lane) => lane.running?.until ?? lane.nextAt));
  }

  /** Adds tiers behind those that are there, each shuffled (BEP 12). URLs that are known already are left out. */
  add(tiers: readonly (readonly string[])[]): void {
    for (const tier of tiers) {
      const urls = tier.filter((url) => this.#known.size < announcerLimits.trackers && this.#learn(url));
      if (urls.length === 0) continue;
      this.#shuffle(urls);
      for (const lane of this.#lanes) {
        lane.tiers.push(urls.map((url) => newPlace(url, lane.family)));
        if (this.#state === 'running' && lane.current === undefined) this.#hurry(lane, this.#env.now());
      }
    }
  }

  /** Begins to announce, once. With nothing left, no tracker will hear `completed` (BEP 3). */
  start(progress: Progress): void {
    if (this.#state === 'running') return;
    this.#progress = progress;
    this.#complete = progress.left === 0;
    this.#state = 'running';
    this.#farewells.clear();
    for (const lane of this.#lanes) {
      for (const place of lane.tiers.flat()) place.started = place.completed = false;
      lane.nextAt = this.#env.now();
      this.#walk(lane);
    }
  }

  /** New counters, for later announces. */
  update(progress: Progress): void {
    this.#progress = progress;
  }

  /** The download is complete: the trackers that knew us as incomplete hear of it, once each. A partial seed has completed nothing (BEP 21). */
  complete(progress: Progress): void {
    this.#progress = progress;
    if (progress.left > 0 || this.#complete || this.#state !== 'running') return;
    this.#complete = true;
    for (const lane of this.#lanes) {
      if (lane.running !== undefined || lane.current === undefined) continue;
      this.#hurry(lane, this.#env.now());
      this.#walk(lane);
    }
  }

  /** Announces earlier than planned if the tracker's minimum interval allows it, or as soon as it does. */
  needPeers(): void {
    if (this.#state !== 'running') return;
    for (const lane of this.#lanes) {
      if (lane.running === undefined && lane.current !== undefined) this.#hurry(lane, lane.current.earliestAt);
    }
  }

  /** Tells every tracker that knows us that we leave, if there was a start. The event `stopped` follows within `farewellMs`. */
  stop(progress: Progress = this.#progress): void {
    if (this.#state !== 'running') return;
    this.#progress = progress;
    this.#state = 'stopping';
    for (const lane of this.#lanes) {
      const { running } = lane;
      if (running?.event === 'started') running.place.started = true; // it may have arrived
      this.#cancel(lane);
      lane.current = undefined;
      lane.nextAt = NEVER;
      for (const place of lane.tiers.flat()) {
        if (place.started && place.retryAt !== NEVER) this.#farewells.add(this.#put(place, 'stopped'));
      }
    }
    this.#farewellUntil = this.#env.now() + (this.#farewells.size > 0 ? this.#options.farewellMs : 0);
  }

  /** What became of a job. Outcomes of cancelled and unknown jobs are ignored. */
  receive(outcome: AnnounceOutcome): readonly AnnouncerEvent[] {
    if (this.#farewells.delete(outcome.id)) return this.#farewells.size === 0 ? this.#leave() : [];
    const lane = this.#lanes.find(({ running }) => running?.id === outcome.id);
    if (lane === undefined) return [];
    const running = lane.running!;
    lane.running = undefined;
    const events = outcome.type === 'answer' ? this.#answered(lane, running, outcome) : this.#failed(running, outcome);
    this.#walk(lane);
    return events;
  }

  tick(): readonly AnnouncerEvent[] {
    const now = this.#env.now();
    if (this.#state === 'stopping' && now >= this.#farewellUntil) return this.#leave();
    if (this.#state !== 'running') return [];
    const events: AnnouncerEvent[] = [];
    for (const lane of this.#lanes) {
      const { running } = lane;
      if (running !== undefined && now >= running.until) {
        this.#cancel(lane);
        events.push(...this.#failed(running, { type: 'error', reason: 'no answer in time' }));
      }
      this.#walk(lane);
    }
    return events;
  }

  flush(): readonly AnnounceJob[] {
    const output = this.#output;
    if (output.length > 0) this.#output = [];
    return output;
  }

  #learn(url: string): boolean {
    if (this.#known.has(url)) return false;
    this.#known.add(url);
    return true;
  }

  /** Announces in a lane if it is time, to the first tracker in order that may be asked; otherwise notes when one may. */
  #walk(lane: Lane): void {
    const now = this.#env.now();
    if (this.#state !== 'running' || lane.running !== undefined || now < lane.nextAt) return;
    let place: Place | undefined;
    let earliest = NEVER;
    for (const candidate of this.#candidates(lane)) {
      const at = Math.max(candidate.retryAt, this.#due(candidate) ? 0 : candidate.earliestAt);
      earliest = Math.min(earliest, at);
      if (at <= now) {
        place = candidate;
        break;
      }
    }
    if (place === undefined) {
      lane.nextAt = earliest;
      return;
    }
    const event = this.#eventFor(place);
    const id = this.#put(place, event);
    const incomplete = !this.#complete;
    lane.running = { id, place, event, incomplete, until: now + announcerLimits.jobMs };
  }

  /** The tracker that waits to hear of a completion, then all in order. A private torrent has one tracker, that of the first lane. */
  #candidates(lane: Lane): readonly Place[] {
    const leader = this.#lanes[0]!;
    const all = lane.tiers.flat();
    if (this.#private && lane !== leader) return all.filter((place) => place.url === leader.current?.url);
    return lane.current !== undefined && this.#due(lane.current) ? [lane.current, ...all] : all;
  }

  /** Whether the tracker has to hear of something that does not wait for the interval. */
  #due(place: Place): boolean {
    const event = this.#eventFor(place);
    return event === 'started' || event === 'completed';
  }

  #eventFor(place: Place): AnnounceEvent | undefined {
    if (!place.started) return 'started';
    if (this.#complete && place.startedIncomplete && !place.completed) return 'completed';
    return this.#progress.uploadOnly === true ? 'paused' : undefined;
  }

  #put(place: Place, event: AnnounceEvent | undefined): number {
    const id = this.#nextId++;
    const { url, family, trackerId } = place;
    const { uploaded, downloaded, left } = this.#progress;
    const numWant = event === 'stopped' ? 0 : this.#options.numWant;
    const { key } = this;
    this.#output.push({
      type: 'announce',
      id,
      url,
      family,
      event,
      uploaded,
      downloaded,
      left,
      numWant,
      key,
      trackerId,
    });
    return id;
  }

  #answered(lane: Lane, running: Running, answer: AnnounceOutcome & { readonly type: 'answer' }): AnnouncerEvent[] {
    const { place, event } = running;
    const now = this.#env.now();
    const { intervalMinMs, earlyMs } = this.#options;
    const minimum = answer.minInterval === undefined ? 0 : 1000 * answer.minInterval;
    const said = answer.interval === undefined ? announcerLimits.intervalMs : 1000 * answer.interval;
    const interval = Math.min(Math.max(said, minimum, intervalMinMs), announcerLimits.intervalMaxMs);
    const early = answer.minInterval === undefined ? earlyMs : minimum;
    place.failures = 0;
    place.retryAt = 0;
    place.earliestAt = now + Math.min(Math.max(early, intervalMinMs), interval);
    place.trackerId = answer.trackerId ?? place.trackerId;
    if (event === 'started') {
      place.started = true;
      place.startedIncomplete = running.incomplete;
    } else if (event === 'completed') place.completed = true;
    promote(lane, place);
    const before = lane.current?.url;
    lane.current = place;
    lane.nextAt = this.#due(place) ? now : now + interval;
    const { url, family } = place;
    const events: AnnouncerEvent[] = [{ type: 'announced', url, family, event, next: lane.nextAt }];
    if (this.#private && lane === this.#lanes[0] && before !== url) {
      if (before !== undefined) events.push({ type: 'tracker-changed', url, family, from: before });
      for (const follower of this.#lanes.slice(1)) {
        this.#cancel(follower);
        this.#hurry(follower, now);
        this.#walk(follower);
      }
    }
    return events;
  }

  #failed(
    running: Running,
    failure: TrackerFailure | { readonly type: 'error'; readonly reason: string },
  ): AnnouncerEvent[] {
    const { place } = running;
    const retryIn = failure.type === 'failure' ? failure.retryIn : undefined;
    if (retryIn === 'never') place.retryAt = NEVER;
    else {
      const { retryMs, retryMaxMs, retryInMaxMs } = announcerLimits;
      const wait = Math.min(retryMaxMs, retryMs * 2 ** Math.min(place.failures++, 20));
      // A quarter more or less by chance: clients that failed together shall not come back together.
      const spread = Math.floor(wait * 0.75) + this.#random(Math.ceil(wait / 2));
      place.retryAt = this.#env.now() + Math.max(spread, Math.min(retryInMaxMs, (retryIn ?? 0) * MINUTE_MS));
    }
    const { url, family } = place;
    return [{ type: 'failed', url, family, reason: failure.reason, next: place.retryAt }];
  }

  #cancel(lane: Lane): void {
    if (lane.running !== undefined) this.#output.push({ type: 'cancel', id: lane.running.id });
    lane.running = undefined;
  }

  #hurry(lane: Lane, at: Instant): void {
    lane.nextAt = Math.min(lane.nextAt, Math.max(at, this.#env.now()));
  }

  #leave(): readonly AnnouncerEvent[] {
    for (const id of this.#farewells) this.#output.push({ type: 'cancel', id });
    this.#farewells.clear();
    this.#farewellUntil = NEVER;
    this.#state = 'idle';
    return [{ type: 'stopped' }];
  }

  #shuffle(urls: string[]): void {
    for (let i = urls.length - 1; i > 0; i--) {
      const j = this.#random(i + 1);
      [urls[i], urls[j]] = [urls[j]!, urls[i]!];
    }
  }

  /** A whole number from 0 to below `limit`. */
  #random(limit: number): number {
    const bytes = new Uint8Array(4);
    this.#env.random(bytes);
    return Math.floor((new DataView(bytes.buffer).getUint32(0) / 0x1_0000_0000) * limit);
  }
}

function newPlace(url: string, family: AddressFamily | undefined): Place {
  return {
    url,
    family,
    failures: 0,
    retryAt: 0,
    earliestAt: 0,
    started: false,
    startedIncomplete: false,
    completed: false,
    trackerId: undefined,
  };
}

/** Who answers moves to the front of its tier (BEP 12). */
function promote(lane: Lane, place: Place): void {
  const tier = lane.tiers.find((places) => places.includes(place))!;
  tier.splice(tier.indexOf(place), 1);
  tier.unshift(place);
}
