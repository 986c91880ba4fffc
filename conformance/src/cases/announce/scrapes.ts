/** BEP 48: which trackers a client asks for numbers of a swarm, and what it makes of the answer. */
import type { Case, Declaration } from '../../case.ts';
import { initiativeMs } from '../../context.ts';
import { type Writable, writeBencode } from '../../probe/bencode.ts';
import { alive, defineCase } from './define.ts';

const stepMs = 500;
const counts = { complete: 1, downloaded: 2, incomplete: 3 };

export const scrapes: readonly Case[] = [
  defineCase({
    id: 'bep48.url-no-announce-segment',
    title: 'a tracker whose URL does not end with announce is not scraped',
    section: 'BEP 48, scrape URL',
    killedBy: { 'scrapes-anything': 'fail' },
    async run({ http, start, meanwhile, expect, unsupported }) {
      const tracker = await http();
      const session = await start({ announce: tracker.url.replace('announce', 'a') });
      const asked = await tracker.asked.next().catch(() => undefined);
      if (asked === undefined) return unsupported('on loopback it asks no tracker with another path than announce');
      await meanwhile(session);
      expect(tracker.scrapes, 'scrapes').is(0);
    },
  }),
  survives(
    {
      id: 'bep48.client-tolerates-missing-keys',
      title: 'a swarm without a count of downloads does no harm',
      killedBy: { 'dies-of-missing-counts': 'crash' },
    },
    (hash) => ({ files: new Map([[hash, { complete: 1, incomplete: 3 }]]) }),
  ),
  survives(
    {
      id: 'bep48.client-flags-dict',
      title: 'flags beside the swarms do no harm',
      killedBy: { 'dies-of-flags': 'crash' },
    },
    (hash) => ({ files: new Map([[hash, counts]]), flags: { min_request_interval: 900 } }),
  ),
];

/** Whoever asks for numbers of its swarm gets these, and lives on. Most ask nobody, and need not. */
function survives(
  basics: Pick<Declaration<unknown>, 'id' | 'title' | 'killedBy'>,
  swarms: (hash: string) => Writable,
): Case {
  return defineCase({
    section: 'BEP 48, scrape response',
    ...basics,
    async run({ http, start, elapse, meanwhile, patience, target, unsupported }) {
      const tracker = await http();
      tracker.swarms = ({ query }) => ({ body: writeBencode(swarms(query.get('info_hash') ?? '')) });
      const session = await start({ announce: tracker.url });
      await tracker.asked.next();
      const ms = target.advance === undefined ? initiativeMs(patience) : stepMs;
      for (let waited = 0; waited < ms && tracker.scrapes === 0; waited += stepMs) await elapse(stepMs);
      if (tracker.scrapes === 0) return unsupported('it does not ask for numbers of its swarm');
      await meanwhile(session);
      await alive(session);
    },
  });
}
