/** BEP 3, trackers: when a client announces again without an event. */
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import { type HttpSpy, listing } from '../../probe/announce/http-spy.ts';
import type { Session } from '../../probe/announce/session.ts';
import { type AnnounceTools, alive, defineCase } from './define.ts';

const section = 'BEP 3, trackers';
const seconds = 10;

export const intervals: readonly Case[] = [
  defineCase({
    id: 'bep3.announce.interval-honoured',
    title: 'the next announce comes after the interval, and not in the first half of it',
    section,
    killedBy: { 'every-second': 'fail' },
    async run(tools) {
      const { tracker, session } = await announced(tools);
      await tools.elapse((seconds * 1_000) / 2);
      await still(tools, session);
      tools.expect(tracker.asked.all.length, 'announces in the first half of the interval').is(1);
      // Many programs have a least interval of their own, of minutes.
      await tools.elapse(seconds * 1_000);
      await still(tools, session);
      tools.observe('announces in one and a half intervals', tracker.asked.all.length);
    },
  }),
  defineCase({
    id: 'bep3.announce.event-periodic-none',
    title: 'a regular announce has no event',
    section,
    killedBy: { 'started-again': 'fail' },
    async run(tools) {
      const { tracker, session } = await announced(tools);
      await tools.elapse(seconds * 1_500);
      await still(tools, session);
      const again = tracker.asked.all[1];
      if (again === undefined) return tools.unsupported(`it does not announce again within ${seconds * 1.5} s`);
      tools.expect(again.query.get('event') ?? '', 'the event').oneOf(['', 'empty']);
    },
  }),
];

async function announced(tools: AnnounceTools): Promise<{ tracker: HttpSpy; session: Session }> {
  const tracker = await tools.http();
  tracker.answer = () => listing([], { interval: seconds });
  const session = await tools.start({ announce: tracker.url });
  await tracker.asked.next();
  return { tracker, session };
}

async function still({ quiet }: Context, session: Session): Promise<void> {
  await quiet(
    () => [],
    () => alive(session),
  );
}
