/** BEP 19, client implementation: what is asked for, and what is made of the answers. */
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import type { WebRequest, WebServer } from '../../probe/web/server.ts';
import type { Client } from '../../probe/wire/client.ts';
import { dataWith } from '../../probe/wire/fixture.ts';
import { upload } from '../../probe/wire/uploader.ts';
import { defineCase as define } from '../wire/define.ts';
import { seeded } from './urls.ts';

const section = 'BEP 19, client implementation';
const gate = 'bep19.only-webseed';
const exact = (root: string): string => `${root}/exact`;
/** More than that is hammering, however a client cuts its requests. */
const fewRequests = 24;
/** What redirects in a circle may come to: twenty, as browsers follow, for each of eight pieces, and some more. */
const hammering = 200;
const calmMs = 1_000;

const defineCase: typeof define = (declaration) => define({ gate, ...declaration });

export const answers: readonly Case[] = [
  defineCase({
    id: 'bep19.range-header',
    title: 'a part is asked for by its first and its last byte',
    section,
    killedBy: { 'exclusive-range': 'fail' },
    async run(tools) {
      const fixture = tools.torrent({ pieces: 20, missing: 1_000 });
      const data = dataWith(fixture, [0, 1, 2, 3, 4, 5]);
      const { client, server } = await seeded(tools, fixture, exact, () => {}, { data });
      await client.completes(20_000);
      const ranges = server.asked.all.flatMap(({ range }) => (range === undefined ? [] : [range]));
      if (ranges.length === 0) return tools.unsupported('it asks for whole files');
      const last = Math.max(...ranges.map((each) => each[1]));
      tools.expect(last, 'the last byte that was asked for').is(fixture.data.length - 1);
      const asked = ranges.reduce((sum, each) => sum + each[1] - each[0] + 1, 0);
      tools.strictly(asked, 'bytes that were asked for').is(fixture.data.length - 6 * fixture.pieceLength);
    },
  }),

  defineCase({
    id: 'bep19.range-206',
    title: 'an answer of status 206 is the part that was asked for',
    section,
    killedBy: { 'whole-files-only': 'fail' },
    async run(tools) {
      const { client } = await seeded(tools, tools.torrent({ pieces: 40 }), exact);
      await client.completes(20_000);
    },
  }),

  defineCase({
    id: 'bep19.full-200',
    title: 'a server that always sends the whole file does no harm',
    section,
    killedBy: { 'misplaces-whole-files': 'non-strict' },
    async run(tools) {
      const fixture = tools.torrent({ pieces: 40 });
      const { client, server } = await seeded(tools, fixture, exact, (each) => {
        each.answer = () => ({ status: 200, body: fixture.data });
      });
      await server.asked.next();
      // Whoever does not use such a server has to get along without it.
      const early = await client.completes(5_000).then(
        () => true,
        () => false,
      );
      tools.observe('a server without parts', early ? 'is used' : 'is not used');
      if (tools.target.advance === undefined) {
        upload(await client.dial(), fixture);
        await client.completes(15_000);
      } else tools.expect(early, 'whether it is complete').is(true);
    },
  }),

  defineCase({
    id: 'bep19.wrong-content-range',
    title: 'a part that is not the one that was asked for is not used',
    section,
    killedBy: { 'believes-web-seeds': 'non-strict' },
    async run(tools) {
      const fixture = tools.torrent({ pieces: 8 });
      const { client, server } = await seeded(tools, fixture, exact, (each) => {
        each.answer = ({ range }) => {
          const [first, last] = range ?? [0, fixture.data.length - 1];
          const body = Buffer.concat([fixture.data, fixture.data]).subarray(first + 777, last + 778);
          const length = fixture.data.length;
          return { status: 206, headers: { 'Content-Range': `bytes ${first + 777}-${last + 777}/${length}` }, body };
        };
      });
      await server.asked.next();
      await fed(client);
    },
  }),

  defineCase({
    id: 'bep19.large-ranges',
    title: 'where nothing is there yet, parts of several pieces are asked for',
    section,
    killedBy: { 'piece-by-piece': 'non-strict' },
    async run(tools) {
      const fixture = tools.torrent({ pieces: 50 });
      const { client, server } = await seeded(tools, fixture, exact);
      await client.completes(20_000);
      const lengths = server.asked.all.map(({ range }) => (range === undefined ? fixture.data.length : spanOf(range)));
      tools.expect(Math.max(...lengths), 'bytes of the longest part').atLeast(2 * fixture.pieceLength);
    },
  }),

  defineCase({
    id: 'bep19.bad-hash-discards-url',
    title: 'a server that sends wrong bytes is not asked any more',
    section,
    killedBy: { 'keeps-bad-urls': 'fail' },
    async run(tools) {
      const fixture = tools.torrent({ pieces: 8 });
      const { client, server } = await seeded(tools, fixture, exact, (each) => {
        each.answer = (request) => {
          const { status, headers, body } = each.honest(request);
          return {
            status,
            ...(headers !== undefined && { headers }),
            ...(body !== undefined && { body: body.map((byte) => ~byte) }),
          };
        };
      });
      await server.asked.next();
      await calm(tools, client, server, 2_000);
      const requests = server.asked.all.length;
      tools.expect(requests, 'requests for wrong bytes').atMost(fewRequests);
      await fed(client);
      tools.expect(server.asked.all.length, 'requests afterwards').atMost(requests + 1);
    },
  }),

  defineCase({
    id: 'bep19.busy-503',
    title: 'a server that is busy is left alone, and asked again later',
    section,
    killedBy: { 'hammers-busy': 'fail' },
    async run(tools) {
      let busy = true;
      const { client, server } = await seeded(tools, tools.torrent(), exact, (each) => {
        each.answer = () => (busy ? { status: 503, headers: { 'Retry-After': '3' } } : undefined);
      });
      await server.asked.next();
      await calm(tools, client, server, 1_500);
      tools.expect(server.asked.all.length, 'requests to a busy server').atMost(6);
      busy = false;
      await tools.elapse(3_000);
      await client.completes(40_000);
    },
  }),

  defineCase({
    id: 'bep19.not-found-404',
    title: 'a file that the server does not have is fetched elsewhere',
    section,
    killedBy: { 'hammers-missing': 'non-strict' },
    async run(tools) {
      const files = [
        { path: ['a.bin'], length: 65_536 },
        { path: ['b.bin'], length: 65_536 },
      ];
      const { client, server } = await seeded(
        tools,
        tools.torrent({ files }),
        (root) => `${root}/pub/`,
        (each) => {
          each.answer = ({ path }) => (path.endsWith('b.bin') ? { status: 404 } : undefined);
        },
      );
      const missing = ({ path }: WebRequest) => path.endsWith('b.bin');
      await server.asked.next('for the missing file', missing);
      await calm(tools, client, server, 2_000);
      tools.expect(server.asked.all.filter(missing).length, 'requests for the missing file').atMost(fewRequests);
      await fed(client);
    },
  }),

  defineCase({
    id: 'bep19.redirect',
    title: 'a redirect is followed',
    section: 'RFC 9110, redirection; BEP 19 is about HTTP',
    killedBy: { 'no-redirects': 'non-strict' },
    async run(tools) {
      const { client } = await seeded(
        tools,
        tools.torrent(),
        (root) => `${root}/moved`,
        (each) => {
          each.answer = ({ path }) =>
            path === '/moved' ? { status: 302, headers: { Location: `${each.root}/exact` } } : undefined;
        },
      );
      await client.completes(20_000);
    },
  }),

  defineCase({
    id: 'bep19.redirect-loop',
    title: 'a redirect to itself is given up',
    section: 'RFC 9110, redirection; BEP 19 is about HTTP',
    killedBy: { 'redirects-for-ever': 'non-strict' },
    async run(tools) {
      const { client, server } = await seeded(
        tools,
        tools.torrent(),
        (root) => `${root}/loop`,
        (each) => {
          each.answer = () => ({ status: 302, headers: { Location: `${each.root}/loop` } });
        },
      );
      await server.asked.next();
      await calm(tools, client, server, 2_000);
      tools.expect(server.asked.all.length, 'requests in a circle').atMost(hammering);
    },
  }),

  defineCase({
    id: 'bep19.spans-files',
    title: 'a piece over two files is joined from two answers',
    section,
    killedBy: { 'joins-wrongly': 'fail' },
    async run(tools) {
      const files = [
        { path: ['a.bin'], length: 5_000 },
        { path: ['b.bin'], length: 6_000 },
      ];
      const { client } = await seeded(tools, tools.torrent({ files }), (root) => `${root}/pub/`);
      await client.completes(20_000);
    },
  }),

  defineCase({
    id: 'bep19.truncated-body',
    title: 'what is missing of an answer that ends early is asked for again',
    section,
    killedBy: { 'keeps-truncated': 'non-strict' },
    async run(tools) {
      let cuts = 0;
      const { client } = await seeded(tools, tools.torrent({ pieces: 8 }), exact, (each) => {
        each.answer = (request) => (cuts++ === 0 ? { ...each.honest(request), cutAt: 20_000 } : undefined);
      });
      await client.completes(45_000);
    },
  }),

  defineCase({
    id: 'bep19.chunked-no-length',
    title: 'an answer may come in chunks',
    section: 'RFC 9112, chunked transfer coding; BEP 19 is about HTTP',
    killedBy: { 'needs-length': 'non-strict' },
    async run(tools) {
      const { client } = await seeded(tools, tools.torrent(), exact, (each) => {
        each.answer = (request) => ({ ...each.honest(request), chunked: true });
      });
      await client.completes(20_000);
    },
  }),

  defineCase({
    id: 'bep19.pad-files-skipped',
    title: 'padding is not asked for',
    section: 'BEP 47, padding files',
    killedBy: { 'fetches-padding': 'non-strict' },
    async run(tools) {
      const files = [
        { path: ['a.bin'], length: 5_000 },
        { path: ['.pad', '11384'], length: 11_384, keys: { attr: 'p' } },
        { path: ['b.bin'], length: 20_000 },
      ];
      const { client, server } = await seeded(tools, tools.torrent({ files }), (root) => `${root}/pub/`);
      await client.completes(20_000);
      const padding = server.asked.all.filter(({ path }) => path.includes('.pad'));
      tools.expect(padding.length, 'requests for padding').is(0);
    },
  }),
];

/** Somebody else has everything. */
async function fed(client: Client): Promise<void> {
  upload(await client.dial(), client.fixture);
  await client.completes(20_000);
}

/** So much time passes, and somebody is answered. */
async function calm({ target, elapse, quiet }: Context, client: Client, server: WebServer, ms: number): Promise<void> {
  await elapse(ms);
  // Time of the reference passes at once; what it hammers, it hammers now, until it is calm or there is no doubt any more.
  while (target.advance !== undefined && server.asked.all.length <= 2 * hammering) {
    const { length } = server.asked.all;
    const more = await server.asked.next('', () => server.asked.all.length > length, calmMs).catch(() => undefined);
    if (more === undefined) break;
  }
  await quiet(
    () => [],
    () => client.answers(),
  );
}

function spanOf([first, last]: readonly [number, number]): number {
  return last - first + 1;
}
