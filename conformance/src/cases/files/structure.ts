/** BEP 3, bencoding: dictionaries, lists, and what is around them. */
import type { Case } from '../../case.ts';
import { makeSample, sampleInfo, samplePieceLength } from '../../probe/files/sample.ts';
import { odd, oddText, raw } from './bencode.ts';
import { acceptance, defineCase, neverRewritten, refusal } from './define.ts';

const section = 'BEP 3, bencoding';

export const structure: readonly Case[] = [
  neverRewritten(
    {
      id: 'bep3.bencode.dict-unsorted-info',
      title: 'an info dictionary that is not sorted is refused, or hashed as it is; it is never sorted first',
      section,
      killedBy: { 'sorts-keys': 'fail' },
    },
    (random) => makeSample(random, { rawInfo: new Map(Object.entries(sampleInfo(random)).reverse()) }),
  ),
  neverRewritten(
    {
      id: 'bep3.bencode.dict-duplicate-key',
      title: 'an info dictionary with a key twice is refused, or hashed as it is',
      section,
      killedBy: { 'writes-anew': 'non-strict' },
    },
    (random) =>
      makeSample(random, {
        rawInfo: raw(
          `d6:lengthi16384e4:name5:first4:name6:second12:piece lengthi${samplePieceLength}e6:pieces20:${'a'.repeat(20)}e`,
        ),
      }),
  ),
  acceptance(
    {
      id: 'bep3.bencode.dict-raw-byte-order',
      title: 'keys are in the order of their bytes: Z before a, and 0x80 behind both',
      section,
      killedBy: { 'orders-as-text': 'fail' },
    },
    { 'a dictionary in the order of bytes': oddText('d1:Zi1e1:ai1e2:aai1e1:\x80i1ee') },
  ),
  refusal(
    {
      id: 'bep3.bencode.dict-nonstring-key',
      title: 'keys are strings',
      section,
      killedBy: { 'parses-loosely': 'fail' },
    },
    { 'a key that is an integer': oddText('di1e3:fooe') },
  ),
  refusal(
    {
      id: 'bep3.bencode.dict-missing-value',
      title: 'every key has a value',
      section,
      killedBy: { 'parses-loosely': 'fail' },
    },
    { 'a key without a value': oddText('d3:fooe') },
  ),
  refusal(
    {
      id: 'bep3.bencode.list-dict-unterminated',
      title: 'a dictionary or a list that does not end is refused',
      section,
      killedBy: { 'hangs-at-the-end': 'crash' },
    },
    {
      'a file without its last e': (random) => ({ bytes: makeSample(random).bytes.slice(0, -1) }),
      'a list that does not end': (random) => ({ bytes: oddText('li1e')(random).bytes.slice(0, -2) }),
    },
  ),
  defineCase({
    id: 'bep3.bencode.nesting-depth',
    title: 'ten thousand lists, each in the other, are refused or read, and do no harm',
    section,
    killedBy: { 'recurses-without-limit': 'crash' },
    async run({ sample, read, accepts }) {
      await read(sample({ info: { 'x-odd': raw('l'.repeat(10_000) + 'e'.repeat(10_000)) } }));
      await accepts(sample(), 'the next file');
    },
  }),
  defineCase({
    id: 'bep3.bencode.trailing-bytes',
    title: 'what is done with bytes behind the end',
    section,
    killedBy: { 'allows-more-behind': 'info' },
    async run({ sample, read, observe }) {
      for (const [name, more] of Object.entries({ 'a newline': '\n', garbage: 'garbage' })) {
        const bytes = new Uint8Array(Buffer.concat([sample().bytes, Buffer.from(more)]));
        observe(name, (await read({ bytes })).accepted ? 'accepted' : 'refused');
      }
    },
  }),
  refusal(
    {
      id: 'bep3.bencode.top-level-not-dict',
      title: 'a torrent file is a dictionary',
      section: 'BEP 3, metainfo files',
      killedBy: { 'dies-of-other-types': 'crash' },
    },
    {
      'a list': () => ({ bytes: Buffer.from('l4:infoe') }),
      'a string': () => ({ bytes: Buffer.from('4:info') }),
      'an empty file': () => ({ bytes: new Uint8Array() }),
    },
  ),
  acceptance(
    {
      id: 'bep3.bencode.unknown-keys-preserved',
      title: 'the info-hash covers keys that nobody knows, at any depth',
      section: 'BEP 3, trackers',
      killedBy: { 'hashes-known-keys': 'fail' },
    },
    { 'a torrent with unknown keys': odd({ deep: [1, { deeper: 'still' }], empty: {}, none: [] }) },
  ),
];
