/** BEP 48: the scrape, its keys, and its counters. */
import type { Case } from '../../case.ts';
import { type BencodedMap, latin1 } from '../../probe/bencode.ts';
import { portsOf } from '../../probe/endpoint.ts';
import { isBencodedDictionary, readAnswer } from '../../probe/http-tracker/answer.ts';
import { filesOf } from '../../probe/http-tracker/probe.ts';
import { defineCase } from './define.ts';

const section = 'BEP 48, scrape response';
const gate = 'bep48.single';

export const scrape: readonly Case[] = [
  defineCase({
    id: 'bep48.single',
    title: 'a scrape of one info-hash gets its three counters under the raw hash',
    section,
    killedBy: { 'hex-keys': 'fail' },
    async run({ tracker, infoHash, expect, unsupported }) {
      const hash = infoHash();
      await tracker.peer().announce(hash);
      const { status } = await tracker.request({ path: tracker.scrapePath('') });
      if (status === 404) return unsupported('there is no scrape at the path that belongs to the announce URL');
      const counts = await tracker.counts(hash);
      for (const [key, value] of Object.entries(counts)) {
        expect(value, key).satisfies('a number that is not negative', typeof value === 'number' && value >= 0);
      }
    },
  }),

  defineCase({
    id: 'bep48.multiple',
    title: 'a scrape of three info-hashes gets three entries',
    section: 'BEP 48, scrape request',
    gate,
    killedBy: { 'last-hash-only': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const hashes = [infoHash(), infoHash(), infoHash()];
      for (const hash of hashes) await tracker.peer().announce(hash);
      const keys = [...filesOf(await tracker.scrape(...hashes)).keys()];
      expect(keys.sort(), 'info-hashes of the answer').is(hashes.map(latin1).sort());
    },
  }),

  defineCase({
    id: 'bep48.raw-20-byte-key',
    title: 'info-hashes are keys of twenty raw bytes, in order',
    section,
    gate,
    killedBy: { 'text-keys': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const hashes = [0, 1, 2].map(() =>
        infoHash((each) => each.some((byte) => byte > 0xf0) && each.some((byte) => byte < 0x20)),
      );
      for (const hash of hashes) await tracker.peer().announce(hash);
      // Asked for in the wrong order, so that none is right by chance.
      hashes.sort((a, b) => Buffer.compare(b, a));
      const answer = await tracker.scrape(...hashes);
      const keys = [...filesOf(answer).keys()].map((key) => Buffer.from(key, 'latin1').toString('hex'));
      expect(keys.sort(), 'keys').is(hashes.map((hash) => Buffer.from(hash).toString('hex')).sort());
      expect(answer.violations, 'what is not canonical').is([]);
    },
  }),

  defineCase({
    id: 'bep48.counts-complete',
    title: 'complete counts seeds, incomplete the others',
    section,
    gate,
    killedBy: { 'scrape-counters-swapped': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      for (const left of [0, 500, 600]) await tracker.peer().announce(hash, { left });
      const { complete, incomplete } = await tracker.counts(hash);
      expect({ complete, incomplete }, 'counters of one seed and two others').is({ complete: 1, incomplete: 2 });
    },
  }),

  defineCase({
    id: 'bep48.counts-downloaded',
    title: 'downloaded grows with each completed download and never falls',
    section,
    gate,
    killedBy: { 'completed-not-counted': 'fail', 'downloaded-falls': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      const peer = tracker.peer();
      await peer.announce(hash);
      const { downloaded: before } = await tracker.counts(hash);
      await peer.announce(hash, { left: 0, downloaded: 1_000, event: 'completed' });
      const { downloaded: after } = await tracker.counts(hash);
      expect(after, 'downloaded after one more').is(Number(before) + 1);
      await peer.announce(hash, { left: 0, event: 'stopped' });
      // Somebody has to stay, or a tracker may forget the swarm.
      await tracker.peer().announce(hash);
      expect((await tracker.counts(hash)).downloaded, 'downloaded after it stopped').is(after);
    },
  }),

  defineCase({
    id: 'bep48.no-side-effect',
    title: 'who scrapes does not become a peer',
    section: 'BEP 48, abstract',
    gate,
    killedBy: { 'scrape-joins': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      const only = tracker.peer();
      await only.announce(hash);
      await tracker.scrape(hash);
      const { incomplete } = await tracker.counts(hash);
      expect(incomplete, 'incomplete after two scrapes of a swarm of one').is(1);
      // Some list a peer to itself; that is another case.
      const last = tracker.peer();
      const { peers } = await last.announce(hash);
      const others = portsOf(peers).filter((port) => port !== last.port);
      expect(others, 'ports of the other peers').is([only.port]);
    },
  }),

  defineCase({
    id: 'bep48.unknown-hash',
    title: 'an unknown info-hash is left out or counted as nothing',
    section,
    gate,
    alternatives: { 'left out': 'pass', zeros: 'pass', 'failure reason': 'non-strict', 'other numbers': 'fail' },
    killedBy: { 'fails-on-unknown-hashes': 'non-strict' },
    async run({ tracker, infoHash, outcome }) {
      const hash = infoHash();
      const answer = await tracker.scrape(hash);
      if (answer.failure !== undefined) return outcome('failure reason');
      const entry = filesOf(answer).get(latin1(hash)) as BencodedMap | undefined;
      if (entry === undefined) return outcome('left out');
      outcome([...entry.values()].every((value) => value === 0) ? 'zeros' : 'other numbers');
    },
  }),

  defineCase({
    id: 'bep48.no-hash',
    title: 'what a scrape without an info-hash gets',
    section: 'BEP 48, scrape request',
    gate,
    killedBy: { 'full-scrapes': 'info' },
    async run({ tracker, observe }) {
      const http = await tracker.request({ path: tracker.scrapePath('') });
      const failed = !isBencodedDictionary(http) || readAnswer(http).failure !== undefined;
      observe('a scrape without an info-hash', failed ? `is refused (${http.status})` : 'is answered');
    },
  }),

  defineCase({
    id: 'bep48.failure-format',
    title: 'a scrape with a malformed info-hash gets a bencoded failure reason, or nothing about it',
    section,
    gate,
    alternatives: { 'failure reason': 'pass', 'no files': 'pass', files: 'fail' },
    killedBy: { 'html-errors': 'fail' },
    async run({ tracker, outcome }) {
      const answer = readAnswer(await tracker.request({ path: tracker.scrapePath('info_hash=abc') }));
      if (answer.failure !== undefined) return outcome('failure reason');
      outcome(filesOf(answer).has('abc') ? 'files' : 'no files');
    },
  }),
];
