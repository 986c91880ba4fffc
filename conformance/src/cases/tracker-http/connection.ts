/** HTTP itself: old clients, kept connections, other methods, other paths. */
import type { Case } from '../../case.ts';
import { readAnswer } from '../../probe/http-tracker/answer.ts';
import { takeAnswer, writeRequest } from '../../probe/http-tracker/http.ts';
import { queryOf } from '../../probe/http-tracker/probe.ts';
import { defineCase } from './define.ts';

const section = 'BEP 3, trackers';

export const connection: readonly Case[] = [
  defineCase({
    id: 'bep3.tracker.http10-and-close',
    title: 'a request of HTTP/1.0 is answered in full',
    section,
    killedBy: { 'hangs-on-http-1.0': 'non-strict' },
    async run({ tracker, infoHash, expect }) {
      const path = tracker.announcePath(queryOf(tracker.peer().parameters(infoHash())));
      const answer = readAnswer(await tracker.request({ path, version: '1.0' }));
      expect(answer.failure, 'failure reason').is(undefined);
    },
  }),

  defineCase({
    id: 'bep3.tracker.keepalive-pipelining',
    title: 'two requests sent at once on one connection get two answers',
    section,
    killedBy: { 'one-request-a-connection': 'non-strict' },
    async run({ tracker, infoHash, expect }) {
      const link = await tracker.link();
      const requests = [infoHash(), infoHash()].map((hash) => {
        const path = tracker.announcePath(queryOf(tracker.peer().parameters(hash)));
        return writeRequest({ path, host: tracker.at.host, keep: true });
      });
      link.send(Buffer.concat(requests), 'two announces');
      for (const which of ['first', 'second']) {
        const answer = readAnswer(await link.next(`the ${which} answer`, takeAnswer));
        expect(answer.failure, `failure reason of the ${which} answer`).is(undefined);
      }
    },
  }),

  defineCase({
    id: 'bep3.tracker.post-rejected',
    title: 'what an announce by POST gets',
    section,
    killedBy: { 'accepts-post': 'info' },
    async run({ tracker, infoHash, observe }) {
      const path = tracker.announcePath(queryOf(tracker.peer().parameters(infoHash())));
      const { status } = await tracker.request({ method: 'POST', path });
      observe('status of an announce by POST', status);
    },
  }),

  defineCase({
    id: 'bep3.tracker.unknown-path',
    title: 'a path that does not exist is no trouble',
    section,
    killedBy: { 'dies-of-unknown-paths': 'crash' },
    async run({ tracker, observe }) {
      const { status } = await tracker.request({ path: '/no-such-path' });
      observe('status of an unknown path', status);
    },
  }),
];
