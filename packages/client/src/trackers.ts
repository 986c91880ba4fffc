/**
 * Carries announces out, for all torrents: over HTTP (BEP 3) as single questions, over UDP (BEP 15) by one core on our port.
 * Which tracker to ask, and when, is the announcer's business; here is only how.
 */
import { type Address, type AddressFamily, type Closable, familyOf, type Id20 } from '@ferro/core';
import { askAnnounce, permitsTracker, permitsTrackerUrl } from '@ferro/tracker-http';
import { UdpTrackerClient, type UdpTrackerEvent } from '@ferro/tracker-udp';
import type { AnnounceJob, AnnounceOutcome } from './announce-job.ts';
import type { Engine } from './engine.ts';

type Announce = Extract<AnnounceJob, { readonly type: 'announce' }>;

/** What a tracker said, and whom it named. */
export interface Told {
  readonly outcome: AnnounceOutcome;
  readonly peers: readonly Address[];
  /** Peers that it knows by name (BEP 3, peers: ip may be a DNS name). */
  readonly named?: readonly { readonly name: string; readonly port: number }[];
}

export interface AskedBy {
  readonly infoHash: Id20;
  readonly peerId: Id20;
}

type Done = (told: Told) => void;

export class Trackers {
  readonly #engine: Engine;
  readonly #waiting = new Map<number, (event: Exclude<UdpTrackerEvent, { type: 'ignored' }>) => void>();
  readonly #udp: UdpTrackerClient;
  readonly #changed: () => void;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#udp = new UdpTrackerClient(engine.host);
    this.#changed = engine.demux.add('tracker', this.#udp, (events) => {
      for (const event of events) {
        if (event.type === 'ignored') continue;
        const tell = this.#waiting.get(event.id);
        this.#waiting.delete(event.id);
        tell?.(event);
      }
    });
  }

  /** `done` is called once, in a step, unless the result is closed before. */
  announce(job: Announce, by: AskedBy, done: Done): Closable {
    const scheme = /^([a-z]+):/i.exec(job.url)?.[1]?.toLowerCase();
    if (scheme === 'udp') return this.#announceUdp(job, by, done);
    return this.#announceHttp(job, by, done);
  }

  close(): void {
    this.#waiting.clear();
  }

  #request(job: Announce, { infoHash, peerId }: AskedBy) {
    const { event, uploaded, downloaded, left, numWant, key } = job;
    return { infoHash, peerId, port: this.#engine.port, uploaded, downloaded, left, event, numWant, key };
  }

  #announceHttp(job: Announce, by: AskedBy, done: Done): Closable {
    const engine = this.#engine;
    const request = { ...this.#request(job, by), trackerId: job.trackerId };
    let others = 0;
    let suitable = 0;
    const permits = (address: Address) => {
      const isSuitable = job.family === undefined || familyOf(address.ip) === job.family;
      if (isSuitable) suitable++;
      else others++;
      return isSuitable;
    };
    return askAnnounce(engine.host, job.url, request, { permits, userAgent: engine.settings.agent }, (answer) => {
      engine.step(() => {
        if (answer instanceof Error) done(failed(job, suitable === 0 && others > 0 ? NO_ADDRESS : answer.message));
        else if (answer.type !== 'answer') done({ outcome: { ...answer, id: job.id }, peers: [] });
        else done({ outcome: { ...answer, id: job.id }, peers: answer.peers, named: answer.named });
      });
    });
  }

  #announceUdp(job: Announce, by: AskedBy, done: Done): Closable {
    const engine = this.#engine;
    const target = permitsTrackerUrl(job.url) ? /^udp:\/\/(\[[^\]]+\]|[^/:?#]+):(\d+)([^#]*)/i.exec(job.url) : null;
    const port = Number(target?.[2]);
    let id: number | undefined;
    const end = (told: Told) => engine.step(() => done(told));
    if (target === null || !(port > 0 && port < 65536))
      return engine.host.at(engine.now, () => end(failed(job, 'no UDP tracker')));
    const name = target[1]!.replace(/^\[|\]$/g, '');
    const resolving = engine.host.resolve(name, (answer) => {
      const address = answer instanceof Error ? answer : pick(answer, port, job);
      if (address === undefined) return end(failed(job, NO_ADDRESS));
      if (address instanceof Error) return end(failed(job, address.message));
      const asked = this.#udp.announce(address, this.#request(job, by), target[3]);
      id = asked;
      this.#waiting.set(asked, (event) => {
        if (event.type === 'failed') return end(failed(job, event.reason.message));
        if (event.type !== 'announced') return;
        const { interval, peers } = event.response;
        end({ outcome: { type: 'answer', id: job.id, interval, minInterval: undefined, trackerId: undefined }, peers });
      });
      engine.step(this.#changed);
    });
    return {
      close: () => {
        resolving.close();
        if (id === undefined) return;
        this.#waiting.delete(id);
        this.#udp.cancel(id);
      },
    };
  }
}

/** Says that there is nothing wrong: the tracker just has no address of that family. */
export const NO_ADDRESS = 'the tracker has no address of this family';

function failed(job: Announce, reason: string): Told {
  return { outcome: { type: 'error', id: job.id, reason }, peers: [] };
}

/** The first address of the wanted family that may be asked. */
function pick(
  ips: readonly string[],
  port: number,
  job: { readonly url: string; readonly family: AddressFamily | undefined },
): Address | undefined {
  const ip = ips.find((one) => {
    if (job.family !== undefined && familyOf(one) !== job.family) return false;
    return permitsTracker(job.url, { ip: one, port });
  });
  return ip === undefined ? undefined : { ip, port };
}
