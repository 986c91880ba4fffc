/** Client and server cores over a network that loses, doubles and reorders datagrams, in virtual time. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeCompactList } from '../../core/src/index.ts';
import { UdpTrackerClient, type UdpTrackerEvent, UdpTrackerServer } from '../src/index.ts';
import { CLIENT, CLIENT6, type Flight, hash, request, TRACKER, TRACKER6, World } from './world.ts';

interface Weather {
  readonly loss: number;
  readonly doubling: number;
  readonly delay: number;
}

const PEERS = {
  4: [{ ip: '192.0.2.1', port: 80 }],
  6: [{ ip: '2001:db8::5', port: 80 }],
} as const;

/** Both cores, one address each, and all datagrams on their way. */
class Wire {
  readonly world: World;
  readonly client: UdpTrackerClient;
  readonly server: UdpTrackerServer;
  readonly outcomes: UdpTrackerEvent[] = [];
  announces = 0;
  #flights: Flight[] = [];
  #order = 0;
  readonly #weather: Weather;
  readonly #v6: boolean;

  constructor(seed: number, weather: Weather, v6: boolean) {
    this.world = new World(seed);
    this.client = new UdpTrackerClient(this.world);
    this.server = new UdpTrackerServer(this.world);
    this.#weather = weather;
    this.#v6 = v6;
  }

  run(): void {
    for (let steps = 0; steps < 10_000; steps++) {
      this.#send();
      const flight = this.#flights.toSorted((a, b) => a.at - b.at || a.order - b.order)[0];
      const next = Math.min(flight?.at ?? Number.POSITIVE_INFINITY, this.client.deadline);
      if (next === Number.POSITIVE_INFINITY) return;
      this.world.time = next;
      if (flight !== undefined && flight.at === next) {
        this.#flights = this.#flights.filter((other) => other !== flight);
        this.#arrive(flight);
      } else this.#keep(this.client.tick());
    }
    throw new Error('the conversation does not end');
  }

  #keep(events: readonly UdpTrackerEvent[]): void {
    this.outcomes.push(...events.filter((event) => event.type !== 'ignored'));
  }

  #send(): void {
    for (const toServer of [true, false]) {
      for (const datagram of (toServer ? this.client : this.server).flush()) {
        if (this.world.below(100) < this.#weather.loss) continue;
        const copies = this.world.below(100) < this.#weather.doubling ? 2 : 1;
        for (let i = 0; i < copies; i++) {
          const at = this.world.time + this.world.below(this.#weather.delay + 1);
          this.#flights.push({ at, order: this.#order++, toServer, datagram });
        }
      }
    }
  }

  #arrive({ toServer, datagram: { bytes } }: Flight): void {
    if (!toServer) {
      this.#keep(this.client.receive({ bytes, address: this.#v6 ? TRACKER6 : TRACKER }));
      return;
    }
    for (const event of this.server.receive({ bytes, address: this.#v6 ? CLIENT6 : CLIENT })) {
      if (event.type === 'announce') {
        this.announces++;
        const family = this.#v6 ? 6 : 4;
        this.server.respondAnnounce(event, event.infoHash[0]!, 0, 0, encodeCompactList(PEERS[family], family));
      } else if (event.type === 'scrape') {
        const counts = Array.from({ length: event.count }, (_, i) => ({
          seeders: event.infoHashes[20 * i]!,
          completed: 0,
          leechers: 0,
        }));
        this.server.respondScrape(event, counts);
      }
    }
  }
}

const weathers = fc.record({ loss: fc.nat(60), doubling: fc.nat(60), delay: fc.nat(20_000) });

test('BEP 15: whatever is lost, doubled or reordered, each request gets its own answer, once', () => {
  fc.assert(
    fc.property(fc.nat(), weathers, fc.boolean(), fc.integer({ min: 1, max: 8 }), (seed, weather, v6, count) => {
      const wire = new Wire(seed, weather, v6);
      const tracker = v6 ? TRACKER6 : TRACKER;
      const asked = Array.from({ length: count }, (_, i) =>
        wire.client.announce(tracker, { ...request, infoHash: hash(i + 1) }),
      );
      const scraped = wire.client.scrape(
        tracker,
        Array.from({ length: 90 }, (_, i) => hash(i)),
      );
      wire.run();
      expect(wire.outcomes.map((event) => ('id' in event ? event.id : -1)).sort()).toEqual([...asked, scraped].sort());
      for (const event of wire.outcomes) {
        if (event.type === 'announced') {
          expect(event.response.interval).toBe(asked.indexOf(event.id) + 1);
          expect(event.response.peers).toEqual(PEERS[v6 ? 6 : 4]);
        } else if (event.type === 'scraped') {
          expect(event.counts.map((one) => one?.seeders)).toEqual(Array.from({ length: 90 }, (_, i) => i));
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('BEP 15: on a good network everything is answered with one packet each way', () => {
  const wire = new Wire(1, { loss: 0, doubling: 0, delay: 50 }, false);
  for (let i = 0; i < 20; i++) wire.client.announce(TRACKER, { ...request, infoHash: hash(i) });
  wire.run();
  expect(wire.announces).toBe(20);
  expect(wire.outcomes.map((event) => event.type)).toEqual(new Array(20).fill('announced'));
  expect(wire.world.time).toBeLessThan(1000);
});

test('BEP 15: with a third of all packets lost nothing fails', () => {
  const wire = new Wire(5, { loss: 33, doubling: 10, delay: 200 }, false);
  for (let i = 0; i < 20; i++) wire.client.announce(TRACKER, { ...request, infoHash: hash(i) });
  wire.run();
  expect(wire.outcomes.map((event) => event.type)).toEqual(new Array(20).fill('announced'));
});

test('BEP 15: on a dead network everything fails, and nothing is left behind', () => {
  const wire = new Wire(1, { loss: 100, doubling: 0, delay: 0 }, false);
  for (let i = 0; i < 5; i++) wire.client.announce(TRACKER, request);
  wire.run();
  expect(wire.outcomes.map((event) => event.type)).toEqual(new Array(5).fill('failed'));
  expect(wire.client.deadline).toBe(Number.POSITIVE_INFINITY);
});
