import { type BencodeInput, decode, encode } from '@ferro/bencode';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { editTorrent, parseTorrent } from '../src/index.ts';
import { raw, singleInfo, torrentOf } from './torrents.ts';

const torrent = torrentOf(singleInfo(), {
  announce: 'http://old/',
  'announce-list': [['http://old/'], ['http://older/']],
  comment: 'old',
  'comment.utf-8': 'old',
  'created by': 'them',
  'x-unknown': { kept: [1, 'two'] },
});

const fieldsOf = (bytes: Uint8Array) => {
  const { trackers, webSeeds, httpSeeds, nodes, comment, createdBy, creationDate } = parseTorrent(bytes);
  return { trackers, webSeeds, httpSeeds, nodes, comment, createdBy, creationDate };
};
const untouched = fieldsOf(torrent);

describe('what stands beside the info dictionary can be changed', () => {
  test.each([
    ['no change', {}, {}],
    [
      'trackers',
      { trackers: [['http://a/', 'http://b/'], ['http://c/']] },
      { trackers: [['http://a/', 'http://b/'], ['http://c/']] },
    ],
    ['one tracker', { trackers: [['http://a/']] }, { trackers: [['http://a/']] }],
    ['no trackers', { trackers: null }, { trackers: [] }],
    ['an empty list of trackers', { trackers: [] }, { trackers: [] }],
    ['web seeds', { webSeeds: ['http://w/'] }, { webSeeds: ['http://w/'] }],
    ['HTTP seeds', { httpSeeds: ['http://h/', 'http://i/'] }, { httpSeeds: ['http://h/', 'http://i/'] }],
    ['nodes', { nodes: [{ host: 'n', port: 1 }] }, { nodes: [{ host: 'n', port: 1 }] }],
    ['a comment', { comment: 'neü' }, { comment: 'neü' }],
    ['no comment', { comment: null }, { comment: undefined }],
    ['the maker', { createdBy: 'me' }, { createdBy: 'me' }],
    ['a date', { creationDate: 5 }, { creationDate: 5 }],
  ])('%s', (_, changes, expected) => {
    const edited = editTorrent(torrent, changes);
    expect(fieldsOf(edited)).toEqual({ ...untouched, ...expected });
    expect(parseTorrent(edited).infoHashV1?.hex).toBe(parseTorrent(torrent).infoHashV1?.hex);
    expect(decode(edited)).toMatchObject({ 'x-unknown': { kept: [1, new Uint8Array([116, 119, 111])] } });
  });

  test('without a change a canonical file stays as it is', () => {
    expect(editTorrent(torrent, {})).toEqual(torrent);
  });

  test('info bytes that no encoder would write stay as they are', () => {
    const info = '4:infod4:name1:x6:lengthi05e12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaae';
    const edited = editTorrent(raw(`d8:announce3:old${info}e`), { trackers: [['new']] });
    expect(new TextDecoder().decode(edited)).toBe(`d8:announce3:new${info}e`);
  });

  test('anything but a torrent is refused', () => {
    expect(() => editTorrent(raw('de'), {})).toThrow(expect.objectContaining({ code: 'metainfo/info-missing' }));
    expect(() => editTorrent(raw('4:info'), {})).toThrow(expect.objectContaining({ code: 'metainfo/info-missing' }));
  });
});

test('whatever else is in the file stays, byte for byte', () => {
  const value = fc.letrec<{ value: BencodeInput }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.maxSafeInteger(),
      fc.uint8Array(),
      fc.array(tie('value')),
      fc.dictionary(fc.string(), tie('value')),
    ),
  })).value;
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[a-z -]{1,9}$/), value), (others) => {
      const { info: _, announce: __, ...rest } = others;
      const before = encode({ ...rest, info: singleInfo() as BencodeInput });
      const after = editTorrent(before, { trackers: [['http://a/']] });
      const { 'announce-list': ___, ...kept } = rest;
      expect(after).toEqual(encode({ ...kept, announce: 'http://a/', info: singleInfo() as BencodeInput }));
    }),
  );
});
