/** BEP 3, metainfo files, as those who read them have to take them; BEP 27: private torrents. */
import type { Case } from '../../case.ts';
import { type Changes, listing, makeSample, type Sample, type SampleFile } from '../../probe/files/sample.ts';
import type { Random } from '../../random.ts';
import { acceptance, defineCase, refusal } from './define.ts';

const section = 'BEP 3, metainfo files';

const having =
  (info: Changes) =>
  (random: Random): Sample =>
    makeSample(random, { info });
const listed =
  (...files: readonly SampleFile[]) =>
  (random: Random): Sample =>
    makeSample(random, { info: listing(random, files) });
const hashes =
  (count: number) =>
  (random: Random): Sample =>
    makeSample(random, { info: { pieces: random.bytes(count) } });

export const metainfo: readonly Case[] = [
  refusal(
    {
      id: 'bep3.metainfo.missing-info',
      title: 'a torrent file has an info dictionary',
      section,
      killedBy: { 'info-may-be-missing': 'fail' },
    },
    { 'a file without info': (random) => makeSample(random, { top: { info: undefined } }) },
  ),
  refusal(
    {
      id: 'bep3.metainfo.missing-name',
      title: 'a torrent has a name',
      section,
      killedBy: { 'name-may-be-missing': 'non-strict' },
    },
    { 'a torrent without a name': having({ name: undefined }) },
  ),
  refusal(
    {
      id: 'bep3.metainfo.missing-piece-length',
      title: 'a torrent has a piece length',
      section,
      killedBy: { 'divides-by-any-length': 'crash' },
    },
    { 'a torrent without a piece length': having({ 'piece length': undefined }) },
  ),
  refusal(
    {
      id: 'bep3.metainfo.piece-length-nonpositive',
      title: 'pieces have at least one byte',
      section,
      killedBy: { 'divides-by-any-length': 'crash' },
    },
    { 'a piece length of 0': having({ 'piece length': 0 }), 'one of -1': having({ 'piece length': -1 }) },
  ),
  refusal(
    {
      id: 'bep3.metainfo.pieces-not-multiple-of-20',
      title: 'the hashes of the pieces have twenty bytes each',
      section,
      killedBy: { 'ignores-the-tail-of-pieces': 'fail' },
    },
    { '81 bytes of hashes': hashes(81) },
  ),
  refusal(
    {
      id: 'bep3.metainfo.pieces-count-mismatch',
      title: 'there are as many hashes as pieces',
      section,
      killedBy: { 'any-number-of-pieces': 'fail' },
    },
    { 'a hash too few': hashes(60), 'a hash too many': hashes(100) },
  ),
  defineCase({
    id: 'bep3.metainfo.length-and-files',
    title: 'a torrent is one file or many: with both length and files it is refused',
    section,
    killedBy: { 'takes-length-and-files': 'non-strict' },
    async run({ random, sample, read, strictly }) {
      const files = listing(random, [{ path: ['a'], length: 50_000 }]);
      const { accepted } = await read(sample({ info: { ...files, length: 50_000 } }));
      strictly(accepted, 'whether it is accepted').is(false);
    },
  }),
  refusal(
    {
      id: 'bep3.metainfo.neither-length-nor-files',
      title: 'a torrent without length and without files is refused',
      section,
      killedBy: { 'dies-of-nothing': 'crash' },
    },
    { 'a torrent of nothing': having({ length: undefined }) },
  ),
  refusal(
    {
      id: 'bep3.metainfo.empty-path-list',
      title: 'a path has at least one element',
      section,
      killedBy: { 'empty-path-is-the-root': 'fail' },
    },
    { 'a file of no path': listed({ path: [], length: 20_000 }, { path: ['b'], length: 20_000 }) },
  ),
  refusal(
    {
      id: 'bep3.metainfo.negative-file-length',
      title: 'a file has no negative length',
      section,
      killedBy: { 'lengths-are-unsigned': 'fail' },
    },
    {
      'one file of -1 bytes': having({ length: -1 }),
      'a file of -1 bytes among others': listed({ path: ['a'], length: 20_001 }, { path: ['b'], length: -1 }),
    },
  ),
  acceptance(
    {
      id: 'bep3.metainfo.no-announce',
      title: 'a torrent without a tracker is a torrent',
      section,
      killedBy: { 'requires-a-tracker': 'non-strict' },
    },
    { 'a torrent without announce': (random) => makeSample(random, { top: { announce: undefined } }) },
  ),
  defineCase({
    id: 'bep3.metainfo.many-files',
    title: 'twenty thousand files are no reason to hang',
    section,
    killedBy: { 'compares-all-paths': 'non-strict' },
    async run({ random, sample, read, expect }) {
      const usual = await read(sample());
      const files = Array.from({ length: 20_000 }, (_, at) => ({ path: [`${at % 100}`, `file ${at}`], length: 100 }));
      const many = await read(sample({ info: listing(random, files) }));
      expect(many.accepted, 'whether it is accepted').is(true);
      expect(many.ms, 'milliseconds that it takes').atMost(usual.ms + 5_000);
    },
  }),
  acceptance(
    {
      id: 'bep3.metainfo.name-invalid-utf8',
      title: 'a name that is no UTF-8 does not change the info-hash',
      section,
      killedBy: { 'strings-are-text': 'non-strict' },
    },
    { 'a torrent with an odd name': having({ name: Uint8Array.of(0xff, 0xfe, 0x61) }) },
  ),
];

export const privacy: readonly Case[] = [
  defineCase({
    id: 'bep27.private-0-is-public',
    title: 'a torrent whose private is 0 is a torrent, and one whose private is text does no harm',
    section: 'BEP 27, metainfo files',
    killedBy: { 'dies-of-textual-private': 'crash' },
    async run({ sample, read, accepts }) {
      await accepts(sample({ info: { private: 0 } }), 'a torrent with private = 0');
      await read(sample({ info: { private: '1' } }));
    },
  }),
  defineCase({
    id: 'bep27.hash-differs',
    title: 'the private flag is part of what is hashed',
    section: 'BEP 27, metainfo files',
    killedBy: { 'hashes-known-keys': 'fail' },
    async run({ random, accepts }) {
      const pieces = random.bytes(80);
      await accepts(makeSample(random, { info: { pieces } }), 'the public torrent');
      await accepts(makeSample(random, { info: { pieces, private: 1 } }), 'the private torrent');
    },
  }),
];

/** BEP 47: what is new in the list of files, for those who only read it. */
export const attributes: readonly Case[] = [
  acceptance(
    {
      id: 'bep47.pad-no-path',
      title: 'a padding file needs no path',
      section: 'BEP 47, padding files',
      killedBy: { 'padding-has-a-path': 'non-strict' },
    },
    {
      'padding without a path': listed(
        { path: ['a'], length: 10_000 },
        { attr: 'p', length: 6_384 },
        { path: ['b'], length: 10_000 },
      ),
    },
  ),
  acceptance(
    {
      id: 'bep47.pad-duplicate-path',
      title: 'padding files may share a path',
      section: 'BEP 47, padding files',
      killedBy: { 'padding-collides': 'non-strict' },
    },
    {
      'padding with the same path twice': listed(
        { path: ['a'], length: 12_384 },
        { attr: 'p', path: ['.pad', '4000'], length: 4_000 },
        { path: ['b'], length: 12_384 },
        { attr: 'p', path: ['.pad', '4000'], length: 4_000 },
        { path: ['c'], length: 12_384 },
      ),
    },
  ),
  acceptance(
    {
      id: 'bep47.pad-final',
      title: 'padding may follow the last file',
      section: 'BEP 47, padding files',
      killedBy: { 'no-padding-at-the-end': 'non-strict' },
    },
    {
      'padding at the end': listed(
        { path: ['a'], length: 12_384 },
        { attr: 'p', path: ['.pad', '4000'], length: 4_000 },
      ),
    },
  ),
  acceptance(
    {
      id: 'bep47.attr-unknown',
      title: 'letters of attr that nobody knows are ignored',
      section: 'BEP 47, extended file attributes',
      killedBy: { 'known-attributes-only': 'non-strict' },
    },
    { 'a file with attr zq': listed({ attr: 'zq', path: ['a'], length: 20_000 }) },
  ),
  acceptance(
    {
      id: 'bep47.symlink-no-length',
      title: 'a symbolic link needs no length',
      section: 'BEP 47, extended file attributes',
      killedBy: { 'links-have-a-length': 'non-strict' },
    },
    {
      'a link without a length': listed(
        { path: ['a'], length: 20_000 },
        { attr: 'l', path: ['b'], 'symlink path': ['a'] },
      ),
    },
  ),
];
