/** BEP 7, announce parameter: the key that tells a client whose address has changed. */
import type { Case } from '../../case.ts';
import { listing } from '../../probe/announce/http-spy.ts';
import { defineCase } from './define.ts';

const section = 'BEP 7, announce parameter';
const starts = 6;

export const keys: readonly Case[] = [
  defineCase({
    id: 'bep7.key-stable',
    title: 'the key is the same in each announce to a tracker',
    section,
    killedBy: { 'new-keys': 'non-strict' },
    async run({ http, start, torrent, peer, expect, unsupported }) {
      const [tracker, fixture] = [await http(), torrent()];
      const { at } = await peer(211, fixture);
      tracker.answer = () => listing([at]);
      await start({ fixture, announce: tracker.url });
      const key = (await tracker.asked.next()).query.get('key');
      if (key === undefined) return unsupported('it announces no key');
      expect((await tracker.event('completed')).query.get('key'), 'the key').is(key);
    },
  }),
  defineCase({
    id: 'bep7.key-entropy',
    title: 'the key is another one at each start',
    section,
    killedBy: { 'constant-key': 'non-strict' },
    async run({ http, start, expect, unsupported }) {
      const found: (string | undefined)[] = [];
      for (let each = 0; each < starts; each++) {
        const tracker = await http();
        const session = await start({ announce: tracker.url });
        found.push((await tracker.asked.next()).query.get('key'));
        await session.stop();
      }
      if (found.includes(undefined)) return unsupported('it announces no key');
      expect(new Set(found).size, `different keys of ${starts} starts`).is(starts);
    },
  }),
  defineCase({
    id: 'bep7.no-ip-params',
    title: 'no address is announced in a parameter of its own',
    section,
    killedBy: { 'says-its-addresses': 'non-strict' },
    async run({ http, start, expect }) {
      const tracker = await http();
      await start({ announce: tracker.url });
      const { query } = await tracker.asked.next();
      const named = [...query.keys()].filter((name) => name === 'ipv4' || name === 'ipv6');
      expect(named, 'parameters with an address').is([]);
    },
  }),
];
