/** BEP 10, handshake message: what is in it. */
import type { Case } from '../../case.ts';
import { ipBytes } from '../../probe/endpoint.ts';
import { allPieces } from '../../probe/wire/fixture.ts';
import { PeerLink } from '../../probe/wire/link.ts';
import { bitsOf, hasBit, ids, reservedWith, writeExtended } from '../../probe/wire/messages.ts';
import { upload } from '../../probe/wire/uploader.ts';
import { defineCase } from '../wire/define.ts';
import { extendedLink, namesIn } from '../wire/extended.ts';

const section = 'BEP 10, handshake message';
export const gate = 'bep10.bit';
/** Programs that call again at all do so within this time. */
const callBackMs = 20_000;
const mayPrecede: readonly (number | undefined)[] = [ids.bitfield, ids.haveAll, ids.haveNone];

export const handshake: readonly Case[] = [
  defineCase({
    id: 'bep10.bit',
    title: 'who speaks extended messages sets the bit for them',
    section: 'BEP 10',
    killedBy: { 'no-extension-bit': 'unimplemented' },
    async run({ seeding, unsupported }) {
      const client = await seeding();
      const link = await client.dial({ reserved: reservedWith('extended') });
      if (!hasBit(link.theirs!.reserved, 'extended')) return unsupported('its handshake does not have the bit');
      await link.next(ids.extended);
    },
  }),

  defineCase({
    id: 'bep10.handshake-first',
    title: 'the extended handshake comes before all but the list of pieces',
    section,
    gate,
    killedBy: { 'late-extended-handshake': 'non-strict' },
    async run({ seeding, expect }) {
      const { link } = await extendedLink(await seeding(), { m: {} }, 'fast');
      const at = link.all.findIndex(({ id }) => id === ids.extended);
      const before = link.all.slice(0, at).filter(({ id }) => !mayPrecede.includes(id));
      expect(
        before.map(({ id }) => id),
        'ids of messages before it',
      ).is([]);
    },
  }),

  defineCase({
    id: 'bep10.not-sent-without-bit',
    title: 'a peer without the bit is sent no extended message',
    section: 'BEP 10',
    gate,
    killedBy: { 'unasked-extended-handshake': 'fail' },
    async run({ seeding, quiet, expect }) {
      const client = await seeding();
      const link = await client.dial();
      const heard = await quiet(
        () => link.take(ids.extended),
        () => client.answers(),
      );
      expect(heard.length, 'extended messages').is(0);
    },
  }),

  defineCase({
    id: 'bep10.payload-is-dict',
    title: 'the handshake is one dictionary and nothing behind it',
    section,
    gate,
    killedBy: { 'garbage-behind-handshake': 'fail' },
    async run({ seeding, expect }) {
      const { theirs } = await extendedLink(await seeding());
      expect(theirs.dictionary !== undefined, 'that it is a dictionary').is(true);
      expect(theirs.rest.length, 'bytes behind it').is(0);
      expect(theirs.violations, 'what is not canonical in it').is([]);
    },
  }),

  defineCase({
    id: 'bep10.m-ids-distinct',
    title: 'no two extensions have the same id',
    section,
    gate,
    killedBy: { 'doubled-ids': 'fail' },
    async run({ seeding, expect, observe }) {
      const { theirs } = await extendedLink(await seeding());
      const enabled = [...namesIn(theirs.dictionary)].filter(([, id]) => id !== 0);
      observe('extensions', enabled.map(([name]) => name).join(' '));
      const all = enabled.map(([, id]) => id);
      expect(new Set(all).size, 'different ids').is(all.length);
      for (const id of all) expect(id, 'an id').satisfies('from 1 to 255', id > 0 && id < 256);
    },
  }),

  defineCase({
    id: 'bep10.v-is-utf8',
    title: 'the name of the client is text',
    section,
    gate,
    killedBy: { 'binary-version': 'non-strict' },
    async run({ seeding, expect, observe, unsupported }) {
      const version = (await extendedLink(await seeding())).theirs.dictionary?.get('v');
      if (version === undefined) return unsupported('it does not say its name');
      expect(version instanceof Uint8Array, 'that v is a string').is(true);
      const text = Buffer.from(version as Uint8Array).toString('utf8');
      expect(text, 'v').satisfies('UTF-8 without control characters', /^[^\p{Cc}\ufffd]*$/u.test(text));
      observe('name', text);
    },
  }),

  defineCase({
    id: 'bep10.p-port',
    title: 'p is the port that it takes peers at',
    section,
    gate,
    killedBy: { 'source-port-as-p': 'non-strict' },
    async run({ seeding, expect, unsupported }) {
      const client = await seeding();
      const port = (await extendedLink(client)).theirs.dictionary?.get('p');
      if (port === undefined) return unsupported('it does not name a port');
      expect(port, 'p').is(client.running.at.port);
    },
  }),

  defineCase({
    id: 'bep10.yourip',
    title: 'yourip is our address in four bytes',
    section,
    gate,
    killedBy: { 'textual-yourip': 'non-strict' },
    async run({ seeding, expect, unsupported }) {
      const { link, theirs } = await extendedLink(await seeding());
      const address = theirs.dictionary?.get('yourip');
      if (address === undefined) return unsupported('it does not tell our address');
      expect(address, 'yourip').is(ipBytes(link.ip));
    },
  }),

  defineCase({
    id: 'bep10.reqq-advertised',
    title: 'reqq is a number of requests',
    section,
    gate,
    killedBy: { 'textual-reqq': 'non-strict' },
    async run({ seeding, expect, observe, unsupported }) {
      const most = (await extendedLink(await seeding())).theirs.dictionary?.get('reqq');
      if (most === undefined) return unsupported('it does not say how many requests it takes');
      expect(most, 'reqq').satisfies('a positive number', typeof most === 'number' && most > 0);
      observe('reqq', most);
    },
  }),

  defineCase({
    id: 'bep10.reqq-respected',
    title: 'no more requests are outstanding than the peer takes',
    section,
    gate,
    killedBy: { 'ignores-reqq': 'non-strict' },
    async run({ torrent, leeching, quiet, expect }) {
      const client = await leeching(torrent({ pieces: 60 }));
      const { link } = await extendedLink(client, { m: {}, reqq: 5 });
      const seen = upload(link, client.fixture, { answer: () => undefined });
      await link.next(ids.request);
      await quiet(
        () => [],
        () => client.answers(),
      );
      expect(seen.length, 'outstanding requests').atMost(5);
    },
  }),

  defineCase({
    id: 'bep10.p-used',
    title: 'a peer that was lost may be called again at the port that it told',
    section,
    gate,
    killedBy: { 'calls-back': 'info' },
    async run({ leeching, ...context }) {
      const client = await leeching();
      const link = await client.open();
      let called = 0;
      const { port } = await PeerLink.listen(client.context, link.ip, () => called++);
      link.greet(client.greeting({ reserved: reservedWith('extended') }));
      await link.handshake();
      link.sendRaw(writeExtended(0, { m: {}, p: port }), 'extended handshake');
      // It has all that is wanted, and is gone before it gave anything.
      link.send(ids.bitfield, bitsOf(allPieces(client.fixture), client.fixture.pieceCount));
      await link.next(ids.interested);
      link.close();
      for (let waited = 0; waited < callBackMs && called === 0; waited += 1_000) await context.elapse(1_000);
      await context.quiet(
        () => [],
        () => client.answers(),
      );
      context.observe('the port that it told', called > 0 ? 'is called' : 'is not called');
    },
  }),
];
