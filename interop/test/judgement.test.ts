/** The rules that cells are judged by turn red when they should (our choice; BEP 27 for private torrents). */
import { expect, test } from 'vitest';
import { judge } from '../src/judgement.ts';
import type { Evidence, PlaceName, Scenario } from '../src/scenario.ts';
import { SCENARIOS } from '../src/scenarios.ts';
import { compared } from '../src/tshark.ts';
import type { Facts, Hidden } from '../src/wire/facts.ts';
import type { Talk, Voice } from '../src/wire/talk.ts';
import { HASH } from './frames.ts';

const IPS: Readonly<Partial<Record<PlaceName, string>>> = {
  seeder: '10.0.0.3',
  leecher: '10.0.0.4',
  slow: '10.0.0.6',
  tracker: '10.0.0.2',
};
const place = (name: PlaceName) => ({
  ip: IPS[name] ?? '10.0.0.9',
  ip6: (IPS[name] ?? '10.0.0.9').replace('10.0.0.', 'fd::'),
});
const scenario = (name: string): Scenario => SCENARIOS.find((one) => one.name === name)!;

function voice(ip: string, payload: number, more: Partial<Voice> = {}): Voice {
  const times = { firstBlockAt: 1, lastBlockAt: 2, firstPieceAt: 1, lastMetadataAt: undefined };
  const said = { peerId: '', agent: '', infoHash: HASH, messages: {}, payload, duplicate: 0 };
  return { from: { ip, port: 6881 }, ...said, ...times, ...more };
}

const talk = (voices: readonly [Voice, Voice], transport: 'tcp' | 'utp' = 'tcp'): Talk => ({
  transport,
  startedAt: 1,
  voices,
});
const hidden = (from: string, received = 0): Hidden => ({
  ...{ transport: 'tcp', startedAt: 1, from: { ip: from, port: 40001 }, to: { ip: '10.0.0.3', port: 6881 } },
  ...{ sent: 100, received },
});
const good: Facts = {
  packets: 9,
  bytes: 900,
  startedAt: 1,
  talks: [talk([voice('10.0.0.4', 0), voice('10.0.0.3', 1000)])],
  http: [],
  dht: [],
  utpPackets: 0,
  udpTracker: [],
  discovery: [],
  unreadable: [],
  torn: 0,
  others: {},
};

function broken(facts: Partial<Facts>, more: Partial<Evidence> = {}): string[] {
  const evidence: Evidence = {
    scenario: scenario('transfer-tcp'),
    facts: { ...good, ...facts },
    actors: [],
    wrong: new Map([['leecher', []]]),
    place,
    always: [],
    length: 1000,
    paddedLength: 1000,
    infoHashes: [HASH],
    dropped: 0,
    ...more,
  };
  return judge(evidence)
    .filter((check) => !check.good)
    .map(({ rule }) => rule);
}

const dht = {
  from: { ip: '10.0.0.3', port: 1 },
  to: { ip: '10.0.0.9', port: 1 },
  name: 'announce_peer',
  infoHash: HASH,
  peers: [],
};

test('a plain transfer passes', () => {
  expect(broken({})).toEqual([]);
});

test.each([
  [
    'a wrong file',
    {},
    { wrong: new Map([['leecher', ['a is missing']]]) },
    'every file of leecher has the SHA-256 that it should have',
  ],
  [
    'uTP where it is not allowed',
    { talks: [...good.talks, talk([voice('10.0.0.4', 0), voice('10.0.0.3', 0)], 'utp')] },
    {},
    'nobody spoke uTP',
  ],
  ['the DHT where it is not allowed', { dht: [dht] }, {}, 'nobody spoke to the DHT'],
  ['a search of the local network', { discovery: [HASH] }, {}, 'nobody searched the local network'],
  ['an encrypted connection', { unreadable: [hidden('10.0.0.4')] }, {}, 'everything between peers could be read'],
  ['a hole in the capture', { torn: 1 }, {}, 'the capture is whole'],
  ['packets that were not captured', {}, { dropped: 1 }, 'the capture is whole'],
  ['too few blocks', {}, { length: 1001 }, "the seeder's blocks came to the leecher over TCP"],
  ['another torrent', {}, { infoHashes: ['00'] }, 'every handshake names this torrent'],
] as const)('%s is seen', (_, facts, more, rule) => {
  expect(broken(facts, more as Partial<Evidence>)).toEqual([rule]);
});

test('how two seeders speak to each other is their own affair', () => {
  const between = talk([voice('10.0.0.6', 0), voice('10.0.0.3', 0)], 'utp');
  expect(broken({ unreadable: [hidden('10.0.0.6')], talks: [...good.talks, between] })).toEqual([]);
});

test('what both cannot be told not to use is allowed', () => {
  const unreadable = [hidden('10.0.0.4')];
  expect(broken({ unreadable }, { always: ['encryption'] })).toEqual([]);
  expect(broken({ unreadable }, { always: ['utp'] })).toEqual(['everything between peers could be read']);
});

test('where both always encrypt, what cannot be read counts', () => {
  const sizes = { length: 100_000, paddedLength: 100_000 };
  const wanted = { ...sizes, always: ['encryption'] as const };
  const unreadable = [hidden('10.0.0.4', 100_500)];
  expect(broken({ talks: [], unreadable }, wanted)).toEqual([]);
  expect(broken({ talks: [], unreadable: [hidden('10.0.0.4', 99_000)] }, wanted)).toHaveLength(1);
  expect(broken({ talks: [], unreadable }, { ...wanted, always: ['utp'] })).toHaveLength(2);
  const magnet = { ...wanted, scenario: scenario('magnet') };
  expect(broken({ talks: [], unreadable }, magnet)).toEqual([]);
  expect(broken({ talks: [], unreadable }, { ...magnet, always: ['utp'] })).toHaveLength(3);
});

test('where both always use uTP, blocks may come over it', () => {
  const talks = [talk([voice('10.0.0.4', 0), voice('10.0.0.3', 1000)], 'utp')];
  expect(broken({ utpPackets: 9, talks }, { always: ['utp'] })).toEqual([]);
  expect(broken({ utpPackets: 9, talks })).toHaveLength(2);
});

test('blocks that came over IPv4 and IPv6 are added up, but for the scenario of IPv6', () => {
  const both = [talk([voice('10.0.0.4', 0), voice('10.0.0.3', 400)]), talk([voice('fd::3', 600), voice('fd::4', 0)])];
  expect(broken({ talks: both })).toEqual([]);
  expect(broken({ talks: both.slice(1) })).toHaveLength(1);
  expect(broken({ talks: both }, { scenario: scenario('ipv6') })).toEqual([
    "the seeder's blocks came to the leecher over TCP on IPv6",
    'no peer spoke over IPv4',
  ]);
});

test('blocks over TCP are no blocks over uTP', () => {
  const wanted = scenario('transfer-utp');
  expect(broken({ utpPackets: 9 }, { scenario: wanted })).toContain('no peer spoke over TCP');
  const talks = [talk([voice('10.0.0.4', 0), voice('10.0.0.3', 1000)], 'utp')];
  expect(broken({ utpPackets: 9, talks }, { scenario: wanted })).toEqual([]);
});

test('BEP 27: a private torrent that is told to anybody is a leak', () => {
  const wanted = { scenario: scenario('private') };
  expect(broken({ dht: [{ ...dht, infoHash: '00' }] }, wanted)).toEqual([]);
  expect(broken({ dht: [dht] }, wanted)).toEqual(['the DHT was not told of it']);
  expect(broken({ discovery: [HASH] }, wanted)).toEqual(['the local network was not told of it']);
  const talks = [talk([voice('10.0.0.4', 0, { messages: { ut_pex: 1 } }), voice('10.0.0.3', 1000)])];
  expect(broken({ talks }, wanted)).toEqual(['peers were not exchanged']);
});

test('a leecher that begins anew after a kill is seen', () => {
  const wanted = scenario('resume');
  const actors = [
    { name: 'leecher-again', ip: '', ip6: '', startedAt: 5, ended: Promise.resolve(0), folder: '', log: '' },
  ];
  const life = (at: number, payload: number) =>
    talk([voice('10.0.0.4', 0), voice('10.0.0.3', payload, { firstBlockAt: at })]);
  const evidence = { scenario: wanted, actors };
  expect(broken({ talks: [life(1, 400), life(6, 620)] }, evidence)).toEqual([]);
  expect(broken({ talks: [life(1, 400), life(6, 1000)] }, evidence)).toEqual(['what was there is kept']);
});

test('BEP 5: one that no answer named, and that none told of another, was not found in the DHT', () => {
  const actor = (name: string, ip: string) => ({
    ...{ name, ip, ip6: '', startedAt: 5, ended: Promise.resolve(0), folder: '', log: '' },
  });
  const actors = [actor('seeder', '10.0.0.3'), actor('leecher-a', '10.0.0.4'), actor('leecher-b', '10.0.0.5')];
  const answer = (to: string, ...peers: string[]) => ({ ...dht, to: { ip: to, port: 1 }, name: 'r', peers });
  const evidence = { scenario: scenario('mixed-dht'), actors };
  const [a, b] = [answer('10.0.0.4', '10.0.0.3', '10.0.0.5'), answer('10.0.0.5', '10.0.0.3', '10.0.0.4')];
  expect(broken({ dht: [a, b] }, evidence)).toEqual([]);
  expect(broken({ dht: [answer('10.0.0.4', '10.0.0.3')] }, evidence)).toEqual([
    'everybody was found in the DHT, or found others there (BEP 5)',
  ]);
  expect(broken({ dht: [answer('10.0.0.3', '10.0.0.4', '10.0.0.5')] }, evidence)).toEqual([]);
});

test('one of a crowd that spoke to the seeder alone is seen', () => {
  const actors = ['10.0.0.4', '10.0.0.5'].map((ip) => ({
    ...{ name: `leecher-${ip}`, ip, ip6: '', startedAt: 5, ended: Promise.resolve(0), folder: '', log: '' },
  }));
  const evidence = { scenario: scenario('crowd-http'), actors };
  const fromSeeder = talk([voice('10.0.0.4', 0), voice('10.0.0.3', 1000)]);
  const among = talk([voice('10.0.0.5', 0), voice('10.0.0.4', 1000)]);
  expect(broken({ talks: [fromSeeder, among] }, evidence)).toEqual([]);
  expect(broken({ talks: [fromSeeder] }, evidence)).toContain('everybody met another one');
});

test('what tshark sees otherwise is said', () => {
  const line = `eth:ethertype:ip:tcp:bittorrent|${HASH}\n`;
  expect(compared(line, good).checks).toMatchObject([{ good: true }]);
  const other = compared(`${line}eth:ethertype:ip:udp:bt-utp|\n`, good);
  expect(other.checks).toMatchObject([{ good: false, detail: 'uTP: we none, tshark seen' }]);
  expect(compared('', good).checks).toMatchObject([{ good: false }]);
  // In an encrypted conversation it may find a handshake that was not: a fault, unless both chose to encrypt by themselves.
  const encrypted = { ...good, talks: [], unreadable: [hidden('10.0.0.4')] };
  expect(compared(line, encrypted).checks).toMatchObject([{ good: false }]);
  expect(compared(line, encrypted, true).checks).toMatchObject([{ good: true }]);
});
