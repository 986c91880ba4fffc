/** BEP 19, metadata extension: which URLs a client makes of those that a torrent names. */
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import type { Writable } from '../../probe/bencode.ts';
import { WebServer } from '../../probe/web/server.ts';
import { Client, type LaunchOptions } from '../../probe/wire/client.ts';
import type { Fixture } from '../../probe/wire/fixture.ts';
import { writeExtended } from '../../probe/wire/messages.ts';
import { defineCase as define, type WireTools } from '../wire/define.ts';
import { extendedLink } from '../wire/extended.ts';

const section = 'BEP 19, metadata extension';
const gate = 'bep19.only-webseed';
const two = [
  { path: ['a.bin'], length: 20_000 },
  { path: ['sub', 'b.bin'], length: 30_000 },
];

const defineCase: typeof define = (declaration) => define({ gate, ...declaration });

export const urls: readonly Case[] = [
  define({
    id: 'bep19.only-webseed',
    title: 'a web server is all that it takes to download',
    section,
    killedBy: { 'no-web-seeds': 'unimplemented', 'misses-last-piece': 'fail' },
    async run(tools) {
      const { client, server } = await seeded(tools, tools.torrent(), (root) => `${root}/exact`);
      const asked = await server.asked.next().catch(() => undefined);
      if (asked === undefined) return tools.unsupported('it asks no web server');
      await client.completes(20_000);
    },
  }),

  defineCase({
    id: 'bep19.url-list-string',
    title: 'url-list may be one string',
    section,
    killedBy: { 'lists-only': 'fail' },
    async run(tools) {
      await (await seeded(tools, tools.torrent(), (root) => `${root}/exact`)).server.asked.next();
    },
  }),

  defineCase({
    id: 'bep19.url-list-list',
    title: 'all servers of a list may be used',
    section,
    killedBy: { 'first-url-only': 'fail' },
    async run(tools) {
      const fixture = tools.torrent({ pieces: 64 });
      // The first has nothing.
      const { client, server } = await seeded(tools, fixture, (root) => [`${root}/nothing`, `${root}/exact`]);
      await server.asked.next('to the second URL', ({ path }) => path === '/exact');
      await client.completes(20_000);
    },
  }),

  defineCase({
    id: 'bep19.url-list-empty-or-bad',
    title: 'a list of nothing, and of what are no URLs, does no harm',
    section,
    killedBy: { 'dies-of-odd-urls': 'crash' },
    async run(tools) {
      for (const list of ['', [], [1, 2]] as const) {
        const keys = { 'url-list': list };
        const client = await Client.tryLaunch(tools, { role: 'leecher', fixture: tools.torrent(), keys });
        await client?.answers();
      }
    },
  }),

  defineCase({
    id: 'bep19.single-exact-url',
    title: 'a URL that does not end with a slash is the one of the file',
    section,
    killedBy: { 'appends-name': 'fail' },
    async run(tools) {
      const { server } = await seeded(tools, tools.torrent(), (root) => `${root}/exact`);
      tools.expect((await server.asked.next()).path, 'the path').is('/exact');
    },
  }),

  defineCase({
    id: 'bep19.single-slash-adds-name',
    title: 'the name is appended to a URL that ends with a slash',
    section,
    killedBy: { 'ignores-slash': 'fail' },
    async run(tools) {
      const fixture = tools.torrent();
      const { server } = await seeded(tools, fixture, (root) => `${root}/pub/`);
      tools.expect((await server.asked.next()).path, 'the path').is(`/pub/${fixture.name}`);
    },
  }),

  defineCase({
    id: 'bep19.multi-root',
    title: 'the name and the path of the file are appended for a torrent of several files',
    section,
    killedBy: { 'omits-name': 'fail' },
    run: (tools) => below(tools, tools.torrent({ files: two, name: 'many' }), '/pub/', '/pub/many/'),
  }),

  defineCase({
    id: 'bep19.multi-no-slash',
    title: 'a slash is put in where the URL of a folder has none',
    section,
    killedBy: { 'joins-without-slash': 'non-strict' },
    run: (tools) => below(tools, tools.torrent({ files: two, name: 'many' }), '/pub', '/pub/many/'),
  }),

  defineCase({
    id: 'bep19.one-file-multi',
    title: 'a list of one file is a list all the same',
    section,
    killedBy: { 'one-file-is-single': 'non-strict' },
    run: (tools) => below(tools, tools.torrent({ files: two.slice(0, 1), name: 'many' }), '/pub/', '/pub/many/a.bin'),
  }),

  defineCase({
    id: 'bep19.escaping',
    title: 'what has a meaning in URLs is escaped in names',
    section,
    killedBy: { 'raw-names': 'non-strict' },
    async run(tools) {
      const files = [{ path: ['50% of #1?', 'ñ ü.bin'], length: 40_000 }];
      const { client, server } = await seeded(
        tools,
        tools.torrent({ files, name: 'with space' }),
        (root) => `${root}/pub/`,
      );
      const { path } = await server.asked.next();
      tools.expect(path, 'the path').satisfies('letters of URLs', /^[!-~]*$/.test(path) && !/[#?]/.test(path));
      await client.completes(20_000);
    },
  }),

  defineCase({
    id: 'bep19.unknown-scheme',
    title: 'a URL of another kind is passed over',
    section,
    killedBy: { 'dies-of-odd-urls': 'crash' },
    async run(tools) {
      const list = (root: string) => ['foo://127.0.0.1/x', 'ftp://127.0.0.1:9/x', `${root}/exact`];
      const { client } = await seeded(tools, tools.torrent(), list);
      await client.completes(20_000);
    },
  }),

  defineCase({
    id: 'magnet.ws-webseed',
    title: 'the web server of a magnet link is asked when the metadata has come',
    section: 'BEP 19; magnet links in use',
    killedBy: { 'no-web-seeds': 'non-strict' },
    async run(tools) {
      const fixture = tools.torrent();
      const server = await WebServer.open(tools, fixture);
      const magnetEnd = `&ws=${encodeURIComponent(`${server.root}/exact`)}`;
      const client = await Client.launch(tools, { role: 'magnet', fixture, magnetEnd });
      const { info } = fixture;
      const given = await extendedLink(client, { m: { ut_metadata: 3 }, metadata_size: info.length });
      await given.next(3, ({ dictionary }) => dictionary?.get('msg_type') === 0);
      given.link.sendRaw(
        writeExtended(given.idOf('ut_metadata'), { msg_type: 1, piece: 0, total_size: info.length }, info),
        'metadata',
      );
      await server.asked.next();
      await client.completes(20_000);
    },
  }),
];

export interface Seeded {
  readonly client: Client;
  readonly server: WebServer;
}

/** A client whose torrent names these URLs. */
export async function seeded(
  tools: Context & WireTools,
  fixture: Fixture,
  list: (root: string) => Writable,
  prepare: (server: WebServer) => void = () => {},
  options: Partial<LaunchOptions> = {},
): Promise<Seeded> {
  const server = await WebServer.open(tools, fixture);
  prepare(server);
  const client = await tools.leeching(fixture, { ...options, keys: { 'url-list': list(server.root) } });
  return { client, server };
}

async function below(tools: Context & WireTools, fixture: Fixture, folder: string, start: string): Promise<void> {
  const { client, server } = await seeded(tools, fixture, (root) => root + folder);
  const { path } = await server.asked.next();
  tools.expect(path, `the path, which has to begin with ${start}`).satisfies(start, path.startsWith(start));
  await client.completes(20_000);
}
