/** The three things that most rules about answers come down to: the client calls a peer, it does not, or it goes on as if nothing was. */
import type { Case, Declaration } from '../../case.ts';
import type { Context } from '../../context.ts';
import type { Answer, HttpSpy } from '../../probe/announce/http-spy.ts';
import type { Endpoint } from '../../target/target.ts';
import { type AnnounceTools, alive, defineCase } from './define.ts';

const section = 'BEP 3, trackers';

type Basics = Pick<Declaration<unknown>, 'id' | 'title' | 'killedBy'> & { readonly section?: string };

/** Told of a peer in this way, the client calls it. */
export function calls(basics: Basics, answer: (at: Endpoint, tracker: HttpSpy) => Answer): Case {
  return defineCase({
    section,
    ...basics,
    async run(tools) {
      const { tracker, callee } = await told(tools, answer);
      await tools.start({ announce: tracker.url });
      await callee.calls.next();
    },
  });
}

/** Told of a peer in this way, the client does not call it, and is none the worse. */
export function callsNot(basics: Basics, answer: (at: Endpoint, tracker: HttpSpy) => Answer): Case {
  return defineCase({
    section,
    ...basics,
    async run(tools) {
      const { tracker, callee } = await told(tools, answer);
      const session = await tools.start({ announce: tracker.url });
      await tracker.asked.next();
      await tools.meanwhile(session);
      tools.expect(callee.calls.all.length, 'calls').is(0);
    },
  });
}

/** Such an answer neither ends the client, nor makes it ask again at once. */
export function survives(basics: Basics, ...answers: readonly (() => Answer)[]): Case {
  return defineCase({
    section,
    ...basics,
    async run({ http, start, meanwhile, expect }) {
      for (const answer of answers) {
        const tracker = await http();
        tracker.answer = answer;
        const session = await start({ announce: tracker.url });
        await tracker.asked.next();
        await meanwhile(session, 3_000);
        await alive(session);
        expect(tracker.asked.all.length, 'announces in three seconds').atMost(3);
      }
    },
  });
}

async function told(
  { http, peer, random }: Context & AnnounceTools,
  answer: (at: Endpoint, tracker: HttpSpy) => Answer,
): Promise<{ tracker: HttpSpy; callee: Awaited<ReturnType<AnnounceTools['peer']>> }> {
  const tracker = await http();
  const callee = await peer(100 + random.below(100));
  tracker.answer = () => answer(callee.at, tracker);
  return { tracker, callee };
}

export const text = (body: string, status = 200): Answer => ({ status, body: Buffer.from(body) });
