/** BEP 3, bencoding: integers and strings, in an unknown key of the info dictionary. */
import type { Case } from '../../case.ts';
import { Raw, type Writable } from '../../probe/bencode.ts';
import { makeSample, type Sample } from '../../probe/files/sample.ts';
import type { Random } from '../../random.ts';
import { acceptance, defineCase, neverRewritten, refusal } from './define.ts';

const section = 'BEP 3, bencoding';

/** A key that nobody knows, behind all others. */
export const odd =
  (value: Writable) =>
  (random: Random): Sample =>
    makeSample(random, { info: { 'x-odd': value } });
export const raw = (text: string): Raw => new Raw(Buffer.from(text, 'latin1'));
export const oddText = (text: string): ((random: Random) => Sample) => odd(raw(text));
/** Everything up to and with `value`, and nothing behind it. */
const cut =
  (value: string) =>
  (random: Random): Pick<Sample, 'bytes'> => {
    const { bytes } = makeSample(random, { info: { 'x-odd': raw(value) } });
    return { bytes: bytes.subarray(0, bytes.length - 2) };
  };

export const integers: readonly Case[] = [
  acceptance(
    { id: 'bep3.bencode.int-zero', title: 'zero is written i0e', section, killedBy: { 'refuses-zero': 'fail' } },
    { i0e: odd(0) },
  ),
  acceptance(
    {
      id: 'bep3.bencode.int-negative',
      title: 'integers may be negative',
      section,
      killedBy: { 'unsigned-only': 'fail' },
    },
    { 'i-3e': odd(-3) },
  ),
  neverRewritten(
    {
      id: 'bep3.bencode.int-negative-zero',
      title: 'i-0e is no integer, and never becomes i0e',
      section,
      killedBy: { 'writes-anew': 'fail' },
    },
    oddText('i-0e'),
  ),
  neverRewritten(
    {
      id: 'bep3.bencode.int-leading-zero',
      title: 'an integer with leading zeros is no integer, and they are never taken away',
      section,
      killedBy: { 'writes-anew': 'fail' },
    },
    (random) => makeSample(random, { info: { 'piece length': raw('i016384e') } }),
  ),
  refusal(
    { id: 'bep3.bencode.int-empty', title: 'ie is no integer', section, killedBy: { 'parses-loosely': 'fail' } },
    { ie: oddText('ie') },
  ),
  refusal(
    {
      id: 'bep3.bencode.int-plus-or-space',
      title: 'an integer has digits and perhaps a minus, nothing else',
      section,
      killedBy: { 'parses-loosely': 'fail' },
    },
    { 'i+3e': oddText('i+3e'), 'i 3e': oddText('i 3e'), 'i3 e': oddText('i3 e') },
  ),
  refusal(
    {
      id: 'bep3.bencode.int-unterminated',
      title: 'an integer that does not end is refused',
      section,
      killedBy: { 'hangs-at-the-end': 'crash' },
    },
    { 'i3 at the end of the file': (random) => cutBehind(random, 'i3') },
  ),
  acceptance(
    {
      id: 'bep3.bencode.int-beyond-64-bit',
      title: 'an integer has no limit: one of forty digits is kept as it is',
      section,
      killedBy: { 'integers-are-doubles': 'non-strict' },
    },
    { 'an integer of forty digits': odd(10n ** 40n) },
  ),
  defineCase({
    id: 'bep3.bencode.int-length-2pow53',
    title: 'a length of 2^53 + 1 is not rounded',
    section,
    alternatives: { exact: 'pass', refused: 'pass', rounded: 'fail' },
    killedBy: { 'integers-are-doubles': 'non-strict' },
    async run({ sample, random, read, outcome, unsupported }) {
      const length = 2n ** 53n + 1n;
      const info = { length, 'piece length': 2n ** 43n, pieces: random.bytes(20 * 1_025) };
      const { accepted, output } = await read(sample({ info }));
      if (!accepted) return outcome('refused');
      const plain = output.replace(/(\d)[,.\s'](?=\d{3})/g, '$1');
      if (plain.includes(String(length))) return outcome('exact');
      if (/90071992547409\d\d/.test(plain)) return outcome('rounded');
      unsupported('it shows no length in bytes');
    },
  }),
];

function cutBehind(random: Random, value: string): Pick<Sample, 'bytes'> {
  return cut(value)(random);
}

export const strings: readonly Case[] = [
  acceptance(
    { id: 'bep3.bencode.str-empty', title: 'a string may be empty', section, killedBy: { 'empty-is-missing': 'fail' } },
    { '0:': odd('') },
  ),
  neverRewritten(
    {
      id: 'bep3.bencode.str-leading-zero-length',
      title: 'leading zeros of a length are never taken away',
      section,
      killedBy: { 'writes-anew': 'non-strict' },
    },
    oddText('04:spam'),
  ),
  refusal(
    {
      id: 'bep3.bencode.str-truncated',
      title: 'a string that claims more than is there is refused',
      section,
      killedBy: { 'takes-short-strings': 'fail' },
    },
    { 'a string beyond the end of the file': oddText('400:spam') },
  ),
  refusal(
    {
      id: 'bep3.bencode.str-negative-length',
      title: 'a string of negative length is refused',
      section,
      killedBy: { 'parses-loosely': 'fail' },
    },
    { '-1:': oddText('-1:') },
  ),
  defineCase({
    id: 'bep3.bencode.str-huge-length',
    title: 'a length that cannot be is refused at once, before memory is taken for it',
    section,
    killedBy: { 'allocates-first': 'fail' },
    async run({ sample, read, expect, safely }) {
      const usual = await read(sample());
      const huge = await read({ bytes: Buffer.from('d8:announce99999999999:http://127.0.0.1/4:infod6:lengthi1eee') });
      expect(huge.accepted, 'whether it is accepted').is(false);
      safely(huge.ms, 'milliseconds until it is refused').atMost(usual.ms + 1_000);
      const extra = (huge.peakBytes ?? 0) - (usual.peakBytes ?? 0);
      if (usual.peakBytes !== undefined) safely(extra, 'bytes of memory beyond the usual').atMost(64 * 2 ** 20);
    },
  }),
  acceptance(
    {
      id: 'bep3.bencode.str-binary',
      title: 'strings are bytes: zero, and what is no UTF-8, are kept as they are',
      section,
      killedBy: { 'strings-are-text': 'fail' },
    },
    { 'a string of all bytes': odd(Uint8Array.from({ length: 256 }, (_, at) => at)) },
  ),
];
