/** BEP 3, trackers; BEP 20, 21: announces that lack something or say something odd. */
import type { Case } from '../../case.ts';
import { portsOf } from '../../probe/endpoint.ts';
import { isBencodedDictionary, readAnswer } from '../../probe/http-tracker/answer.ts';
import { escapeBytes, type HttpAnswer } from '../../probe/http-tracker/http.ts';
import { defineCase } from './define.ts';

const section = 'BEP 3, trackers';
const refusals = { 'failure reason': 'pass', 'refused in other words': 'pass', accepted: 'fail' } as const;
const tolerated = { ...refusals, accepted: 'pass' } as const;

export const mistakes: readonly Case[] = [
  defineCase({
    id: 'bep3.tracker.missing-info-hash',
    title: 'an announce without an info-hash gets a bencoded failure reason',
    section,
    killedBy: { 'html-errors': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const { failure } = await tracker.peer().tryAnnounce(infoHash(), { info_hash: undefined });
      expect(failure, 'failure reason').isNot(undefined);
    },
  }),

  defineCase({
    id: 'bep3.tracker.failure-is-string',
    title: 'the reason of a failure is a string',
    section,
    killedBy: { 'numeric-failures': 'fail' },
    async run({ tracker, infoHash, expect, unsupported }) {
      const hash = infoHash();
      const wrong = [{ info_hash: undefined }, { info_hash: 'short' }, { port: undefined }];
      const answers = await Promise.all(wrong.map((each) => tracker.peer().rawAnnounce(hash, each)));
      const reasons = answers.filter(isBencodedDictionary).flatMap((each) => readAnswer(each).failure ?? []);
      if (reasons.length === 0) return unsupported('three kinds of mistakes give no failure reason');
      for (const reason of reasons) {
        expect(reason, 'failure reason').satisfies('a string', reason instanceof Uint8Array);
      }
    },
  }),

  defineCase({
    id: 'bep3.tracker.short-info-hash',
    title: 'an info-hash of nineteen bytes is refused',
    section,
    alternatives: refusals,
    killedBy: { 'any-hash-length': 'non-strict' },
    async run({ tracker, random, infoHash, outcome }) {
      const short = escapeBytes(random.bytes(19));
      outcome(refusalOf(await tracker.peer().rawAnnounce(infoHash(), { info_hash: short })));
    },
  }),

  defineCase({
    id: 'bep3.tracker.missing-port',
    title: 'an announce without a port is refused',
    section,
    alternatives: refusals,
    killedBy: { 'no-port-is-zero': 'non-strict' },
    async run({ tracker, infoHash, outcome }) {
      outcome(refusalOf(await tracker.peer().rawAnnounce(infoHash(), { port: undefined })));
    },
  }),

  defineCase({
    id: 'bep3.tracker.bad-port',
    title: 'a port that is none is refused, or at least not listed',
    section,
    killedBy: { 'any-port': 'non-strict' },
    async run({ tracker, infoHash, expect, observe }) {
      for (const port of ['0', '65536', 'abc']) {
        const hash = infoHash();
        observe(`port=${port}`, refusalOf(await tracker.peer().rawAnnounce(hash, { port })));
        const { peers } = await tracker.peer().announce(hash);
        expect(portsOf(peers), `ports listed after port=${port}`).excludes(0);
      }
    },
  }),

  defineCase({
    id: 'bep3.tracker.short-peer-id',
    title: 'a peer id of three bytes is no trouble',
    section,
    alternatives: tolerated,
    killedBy: { 'dies-of-short-peer-ids': 'crash' },
    async run({ tracker, infoHash, outcome }) {
      outcome(refusalOf(await tracker.peer().rawAnnounce(infoHash(), { peer_id: 'abc' })));
    },
  }),

  defineCase({
    id: 'bep20.url-safe',
    title: 'a peer id may be any twenty bytes',
    section: 'BEP 20; BEP 3, trackers',
    killedBy: { 'printable-ids-only': 'non-strict' },
    async run({ tracker, random, infoHash, expect }) {
      const id = Buffer.concat([Uint8Array.of(0, 0xff, 0x25, 0x26, 0x3d, 0x2b, 0x20), random.bytes(13)]);
      const { failure } = await tracker.peer().tryAnnounce(infoHash(), { peer_id: escapeBytes(id) });
      expect(failure, 'failure reason').is(undefined);
    },
  }),

  defineCase({
    id: 'bep3.tracker.unknown-event',
    title: 'an event that nobody has defined is no trouble',
    section,
    alternatives: tolerated,
    killedBy: { 'dies-of-unknown-events': 'crash' },
    async run({ tracker, infoHash, outcome }) {
      outcome(refusalOf(await tracker.peer().rawAnnounce(infoHash(), { event: 'foo' })));
    },
  }),

  defineCase({
    id: 'bep3.tracker.empty-event',
    title: 'an event that is empty is no event',
    section,
    killedBy: { 'refuses-empty-event': 'fail' },
    async run({ tracker, infoHash }) {
      for (const event of ['', 'empty']) await tracker.peer().announce(infoHash(), { event });
    },
  }),

  defineCase({
    id: 'bep21.tracker-accepts-paused',
    title: 'the event of partial seeds is accepted',
    section: 'BEP 21, tracker announce',
    killedBy: { 'refuses-paused': 'non-strict' },
    async run({ tracker, infoHash }) {
      await tracker.peer().announce(infoHash(), { event: 'paused' });
    },
  }),
];

function refusalOf(http: HttpAnswer): keyof typeof refusals {
  if (!isBencodedDictionary(http)) return 'refused in other words';
  return readAnswer(http).failure === undefined ? 'accepted' : 'failure reason';
}
