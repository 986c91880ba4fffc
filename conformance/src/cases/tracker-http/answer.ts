/** BEP 3, trackers; BEP 23; BEP 24: what stands in an answer, and how it is written. */
import type { Case } from '../../case.ts';
import { type Bencoded, type BencodedMap, latin1 } from '../../probe/bencode.ts';
import { ipBytes, portsOf } from '../../probe/endpoint.ts';
import { isBencodedDictionary, readAnswer } from '../../probe/http-tracker/answer.ts';
import { defineCase } from './define.ts';

const section = 'BEP 3, trackers';
const compact = 'BEP 23';

export const answer: readonly Case[] = [
  defineCase({
    id: 'bep3.tracker.interval-present',
    title: 'an answer says how many seconds to wait until the next announce',
    section,
    killedBy: { 'no-interval': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const { dictionary } = await tracker.peer().announce(infoHash());
      const interval = dictionary.get('interval');
      expect(interval, 'interval').satisfies('a positive integer', typeof interval === 'number' && interval > 0);
    },
  }),

  defineCase({
    id: 'bep3.tracker.peers-present',
    title: 'an answer has peers, also where there are none',
    section,
    killedBy: { 'no-empty-peers': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const { form } = await tracker.peer().announce(infoHash());
      expect(form, 'the form of peers in a new swarm').oneOf(['compact', 'list']);
    },
  }),

  defineCase({
    id: 'bep3.tracker.response-canonical',
    title: 'an answer is canonical bencode, with its keys in order',
    section: 'BEP 3, bencoding',
    killedBy: { 'unsorted-keys': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      await tracker.peer().announce(hash);
      const { violations } = await tracker.peer().announce(hash);
      expect(violations, 'what is not canonical').is([]);
    },
  }),

  defineCase({
    id: 'bep3.tracker.peers-dict-fields',
    title: 'a listed peer has an id of twenty bytes, an address in text and a port',
    section,
    alternatives: { list: 'pass', 'compact all the same': 'pass' },
    killedBy: { 'packed-address-in-list': 'fail' },
    async run({ tracker, infoHash, expect, outcome, unsupported }) {
      const hash = infoHash();
      await tracker.peer().announce(hash);
      const http = await tracker.peer().rawAnnounce(hash, { compact: 0 });
      if (!isBencodedDictionary(http)) return unsupported('it refuses to be asked for a list');
      const { dictionary, form } = readAnswer(http);
      if (form === 'compact') return outcome('compact all the same');
      const peers = dictionary.get('peers') as readonly Bencoded[];
      expect(peers.length, 'peers in the list').atLeast(1);
      for (const peer of peers as readonly BencodedMap[]) {
        const [ip, id] = [peer.get('ip'), peer.get('peer id')];
        const text = ip instanceof Uint8Array ? latin1(ip) : '';
        expect(ip, 'ip of a listed peer').satisfies('text', /^[\w.:-]{2,}$/.test(text));
        expect(typeof peer.get('port'), 'type of its port').is('number');
        expect(id instanceof Uint8Array ? id.length : -1, 'length of its id').is(20);
      }
      outcome('list');
    },
  }),

  defineCase({
    id: 'bep23.compact-1',
    title: 'compact=1 is answered with a string of six bytes a peer, or with a list',
    section: compact,
    killedBy: { 'peers-only-in-peers6': 'non-strict' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      await tracker.peer().announce(hash);
      const { dictionary, form } = await tracker.peer().announce(hash, { compact: 1 });
      expect(form, 'the form of peers').oneOf(['compact', 'list']);
      const peers = dictionary.get('peers');
      if (peers instanceof Uint8Array) expect(peers.length % 6, 'bytes after the last whole peer').is(0);
    },
  }),

  defineCase({
    id: 'bep23.compact-default',
    title: 'who says nothing about compact gets the compact form',
    section: compact,
    killedBy: { 'lists-by-default': 'non-strict' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      await tracker.peer().announce(hash);
      const { form } = await tracker.peer().announce(hash, { compact: undefined });
      expect(form, 'the form of peers').is('compact');
    },
  }),

  defineCase({
    id: 'bep23.compact-0',
    title: 'compact=0 is answered with peers, in one form or the other',
    section: compact,
    killedBy: { 'refuses-compact-0': 'non-strict' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      await tracker.peer().announce(hash);
      const { form } = await tracker.peer().announce(hash, { compact: 0 });
      expect(form, 'the form of peers').oneOf(['compact', 'list']);
    },
  }),

  defineCase({
    id: 'bep23.byte-order',
    title: 'ports in the compact form are written with the big end first',
    section: compact,
    killedBy: { 'ports-swapped': 'fail' },
    async run({ tracker, infoHash, expect }) {
      const hash = infoHash();
      await tracker.peer().announce(hash, { port: 0x1234 });
      const { peers } = await tracker.peer().announce(hash);
      expect(portsOf(peers), 'ports of the listed peers').includes(0x1234);
    },
  }),

  defineCase({
    id: 'bep24.external-ip',
    title: 'the external ip is the address of who asks, in four or sixteen bytes',
    section: 'BEP 24',
    killedBy: { 'external-address-as-text': 'non-strict' },
    async run({ tracker, infoHash, expect, unsupported }) {
      const { localIp } = await tracker.link();
      const { dictionary } = await tracker.peer().announce(infoHash());
      const external = dictionary.get('external ip');
      if (external === undefined) return unsupported('there is no external ip in its answers');
      expect(external, 'external ip').is(ipBytes(localIp));
    },
  }),
];
