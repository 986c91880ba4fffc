/** BEP 9, magnet links: what a client takes from one, as its trackers see it. */
import type { Case, Declaration } from '../../case.ts';
import { fromLatin1 } from '../../probe/bencode.ts';
import type { Random } from '../../random.ts';
import { defineCase } from './define.ts';

const section = 'BEP 9, magnet URI format';
type Basics = Pick<Declaration<unknown>, 'id' | 'title' | 'killedBy'>;

export interface Link {
  readonly hash: Uint8Array;
  /** In lower case. */
  readonly hex: string;
  /** Escaped. */
  readonly tracker: string;
}

/** The tracker of each of these links is told of the info-hash. */
function announces(basics: Basics, ...links: readonly ((link: Link) => string)[]): Case {
  return defineCase({
    section,
    ...basics,
    async run({ http, start, random, expect }) {
      for (const link of links) {
        const tracker = await http();
        const hash = hashWithLetters(random);
        const hex = Buffer.from(hash).toString('hex');
        await start({ magnet: link({ hash, hex, tracker: encodeURIComponent(tracker.url) }) });
        const { query } = await tracker.asked.next();
        expect(fromLatin1(query.get('info_hash') ?? ''), 'the info-hash').is(hash);
      }
    },
  });
}

/** So that case matters. */
function hashWithLetters(random: Random): Uint8Array {
  return Uint8Array.of(0xab, 0xcd, ...random.bytes(18));
}

export const magnets: readonly Case[] = [
  announces(
    {
      id: 'magnet.btih-hex',
      title: 'an info-hash is forty hex digits',
      killedBy: { 'no-magnet-links': 'fail' },
    },
    ({ hex, tracker }) => `magnet:?xt=urn:btih:${hex}&tr=${tracker}`,
  ),
  announces(
    {
      id: 'magnet.btih-hex-case',
      title: 'hex digits may be of either case',
      killedBy: { 'lower-case-only': 'non-strict' },
    },
    ({ hex, tracker }) => `magnet:?xt=urn:btih:${hex.toUpperCase()}&tr=${tracker}`,
    ({ hex, tracker }) => `magnet:?xt=urn:btih:${hex.slice(0, 3).toUpperCase()}${hex.slice(3)}&tr=${tracker}`,
  ),
  announces(
    {
      id: 'magnet.btih-base32',
      title: 'an info-hash may be 32 digits of base 32, of either case',
      killedBy: { 'hex-only': 'non-strict' },
    },
    ({ hash, tracker }) => `magnet:?xt=urn:btih:${base32(hash)}&tr=${tracker}`,
    ({ hash, tracker }) => `magnet:?xt=urn:btih:${base32(hash).toLowerCase()}&tr=${tracker}`,
  ),
  announces(
    {
      id: 'magnet.tr-bad',
      title: 'a tracker that is none is passed over',
      killedBy: { 'gives-up-at-odd-trackers': 'non-strict' },
    },
    ({ hex, tracker }) => `magnet:?xt=urn:btih:${hex}&tr=garbage&tr=${tracker}`,
  ),
  announces(
    {
      id: 'magnet.unknown-params',
      title: 'parameters that nobody knows are ignored',
      killedBy: { 'known-parameters-only': 'non-strict' },
    },
    ({ hex, tracker }) => `magnet:?xt=urn:btih:${hex}&foo=bar&as=http%3A%2F%2F127.0.0.1%2Fx&tr=${tracker}`,
  ),
  announces(
    {
      id: 'magnet.param-order',
      title: 'xt may come last',
      killedBy: { 'xt-first': 'non-strict' },
    },
    ({ hex, tracker }) => `magnet:?tr=${tracker}&dn=name&xt=urn:btih:${hex}`,
  ),
  announces(
    {
      id: 'magnet.duplicate-xt-same',
      title: 'the same info-hash twice is one torrent',
      killedBy: { 'doubles-are-wrong': 'non-strict' },
    },
    ({ hex, tracker }) => `magnet:?xt=urn:btih:${hex}&xt=urn:btih:${hex}&tr=${tracker}`,
  ),
  defineCase({
    id: 'magnet.tr-multiple',
    title: 'of several trackers that fail all are tried',
    section,
    killedBy: { 'last-tracker-only': 'fail' },
    async run({ http, start, random }) {
      const trackers = [await http(), await http(), await http()];
      for (const tracker of trackers) tracker.answer = () => ({ status: 503, body: new Uint8Array() });
      const hex = Buffer.from(random.bytes(20)).toString('hex');
      const list = trackers.map(({ url }) => `&tr=${encodeURIComponent(url)}`).join('');
      await start({ magnet: `magnet:?xt=urn:btih:${hex}${list}` });
      await Promise.all(trackers.map(({ asked }) => asked.next()));
    },
  }),
  defineCase({
    id: 'magnet.tr-escaped',
    title: 'the URL of a tracker is unescaped once',
    section,
    killedBy: { 'decodes-twice': 'fail' },
    async run({ http, start, random, expect }) {
      const tracker = await http();
      const hex = Buffer.from(random.bytes(20)).toString('hex');
      const url = encodeURIComponent(`${tracker.url}?passkey=a%2525b`);
      await start({ magnet: `magnet:?xt=urn:btih:${hex}&tr=${url}` });
      const { raw } = await tracker.asked.next();
      expect(/passkey=([^&]*)/.exec(raw)?.[1], 'the passkey').is('a%2525b');
    },
  }),
  defineCase({
    id: 'magnet.html-escaped-amp',
    title: 'what is done with a link from a web page that writes &amp;',
    section,
    killedBy: { 'html-is-fine': 'info' },
    async run({ http, start, random, meanwhile, observe }) {
      const tracker = await http();
      const hex = Buffer.from(random.bytes(20)).toString('hex');
      const session = await start({ magnet: `magnet:?xt=urn:btih:${hex}&amp;tr=${encodeURIComponent(tracker.url)}` });
      await meanwhile(session);
      observe('the tracker', tracker.asked.all.length > 0 ? 'is asked' : 'is not asked');
    },
  }),
];

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function base32(bytes: Uint8Array): string {
  const value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  return Array.from({ length: 32 }, (_, at) => digits[Number((value >> BigInt(155 - 5 * at)) & 31n)]).join('');
}
