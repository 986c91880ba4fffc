import { ProtocolError } from '@ferro/core';
import { describe, expect, test } from 'vitest';
import { formatMagnet, limits, parseMagnet, selectedFiles } from '../src/index.ts';
import { askLibtorrent, hasLibtorrent, oracleNote } from './oracle.ts';

const HEX = '0123456789abcdef0123456789abcdef01234567';
const BASE32 = 'aerukz4jvpg66ajdivtytk6n54asgrlh';
const V2 = 'caf1e1c30e81cb361b9ee167c4aa64228a7fa4fa9f6105232b28ad099f3a302e';
const magnet = (rest: string) => parseMagnet(`magnet:?xt=urn:btih:${HEX}&${rest}`);

describe('info-hashes (BEP 9)', () => {
  test.each([
    ['40 hexadecimal digits', `xt=urn:btih:${HEX}`],
    ['in upper case', `xt=urn:btih:${HEX.toUpperCase()}`],
    ['32 characters of base32', `xt=urn:btih:${BASE32}`],
    ['in upper case', `xt=urn:btih:${BASE32.toUpperCase()}`],
    ['numbered', `xt.1=urn:btih:${HEX}`],
    ['escaped', `xt=urn%3Abtih%3A${HEX}`],
    ['among topics of other networks', `xt=urn:ed2k:354B15E68FB8F36D7CD88FF94116CDC1&xt=urn:btih:${HEX}&xt=urn:sha1:X`],
    ['behind one that cannot be read', `xt=urn:btih:1234&xt=urn:btih:${HEX}`],
    ['with a scheme and keys in upper case', `XT=URN:BTIH:${HEX}`],
  ])('%s', (_, link) => {
    expect(parseMagnet(`magnet:?${link}`).infoHashV1?.hex).toBe(HEX);
    expect(parseMagnet(`MAGNET:?dn=x&${link}`).infoHashV1?.hex).toBe(HEX);
  });

  test('a multihash of SHA-256', () => {
    const { infoHashV1, infoHashV2 } = parseMagnet(`magnet:?xt=urn:btmh:1220${V2}`);
    expect(infoHashV1).toBeUndefined();
    expect(Buffer.from(infoHashV2!).toString('hex')).toBe(V2);
  });

  test('both, of a hybrid torrent', () => {
    const { infoHashV1, infoHashV2 } = parseMagnet(`magnet:?xt=urn:btmh:1220${V2}&xt=urn:btih:${HEX}`);
    expect([infoHashV1?.hex, infoHashV2?.length]).toEqual([HEX, 32]);
  });

  test.each([
    ['magnet-scheme', ''],
    ['magnet-scheme', 'http://example.com/?xt=urn:btih:'],
    ['magnet-scheme', `magnet:xt=urn:btih:${HEX}`],
    ['magnet-info-hash', 'magnet:?'],
    ['magnet-info-hash', 'magnet:?dn=name'],
    ['magnet-info-hash', 'magnet:?xt='],
    ['magnet-info-hash', 'magnet:?xt=urn:btih:'],
    ['magnet-info-hash', `magnet:?xt=urn:btih:${HEX.slice(1)}`],
    ['magnet-info-hash', `magnet:?xt=urn:btih:${HEX}0`],
    ['magnet-info-hash', `magnet:?xt=urn:btih:${HEX.replace('f', 'g')}`],
    ['magnet-info-hash', `magnet:?xt=urn:btih:${BASE32.replace('a', '1')}`],
    ['magnet-info-hash', `magnet:?xt=urn:btmh:1220${V2.slice(2)}`],
    ['magnet-info-hash', `magnet:?xt=urn:btmh:1114${HEX}`],
    ['magnet-info-hash', `magnet:?xt=urn:btmh:${V2}`],
    ['magnet-too-long', `magnet:?xt=urn:btih:${HEX}&dn=${'x'.repeat(limits.magnetLength)}`],
  ])('%s', (code, link) => {
    expect(() => parseMagnet(link)).toThrow(ProtocolError);
    expect(() => parseMagnet(link)).toThrow(expect.objectContaining({ code: `metainfo/${code}` }));
  });
});

describe('the rest of a link', () => {
  test.each([
    ['dn=a+b%20c%2Bd', 'a b c+d'],
    ['dn=%E6%97%A5%E6%9C%AC', '日本'],
    ['dn=100%&x=1', '100%'],
    ['dn=%zz%4', '%zz%4'],
    ['dn=%FF', '\ufffd'],
    ['dn=a=b', 'a=b'],
    ['dn=', undefined],
    ['dn', undefined],
  ])('name: %s', (rest, name) => {
    expect(magnet(rest).name).toBe(name);
  });

  test('lists keep their order, numbered or not', () => {
    const { trackers, webSeeds, exactSources, acceptableSources, manifests, keywords } = magnet(
      'tr=udp%3A%2F%2Fa%3A1&tr.1=http://b/?x%3D1+2&tr.2=wss://c&ws=http://w/&xs=http://x/t.torrent&as=http://y/&mt=http://m/&kt=one+two%20words',
    );
    expect(trackers).toEqual(['udp://a:1', 'http://b/?x=1+2', 'wss://c']);
    expect([webSeeds, exactSources, acceptableSources, manifests]).toEqual([
      ['http://w/'],
      ['http://x/t.torrent'],
      ['http://y/'],
      ['http://m/'],
    ]);
    expect(keywords).toEqual(['one', 'two words']);
  });

  test.each([
    ['1.2.3.4:5', [{ host: '1.2.3.4', port: 5 }]],
    ['[2001:DB8::1]:6881', [{ host: '2001:db8::1', port: 6881 }]],
    ['%5B%3A%3A1%5D:1', [{ host: '::1', port: 1 }]],
    ['Peer.Example.COM:99', [{ host: 'peer.example.com', port: 99 }]],
    ['1.2.3.4:0', []],
    ['1.2.3:5', []],
    ['host:70000', []],
    ['host', []],
    ['ho st:1', []],
    ['user@host:1', []],
  ])('a peer: %s', (text, peers) => {
    expect(magnet(`x.pe=${text}`).peers).toEqual(peers);
  });

  test.each([
    [
      '0,2,4,6-8',
      [
        [0, 0],
        [2, 2],
        [4, 4],
        [6, 8],
      ],
    ],
    ['3', [[3, 3]]],
    [
      '3%2C5',
      [
        [3, 3],
        [5, 5],
      ],
    ],
    ['8-6,1', [[1, 1]]],
    ['1-,-2,,3', [[3, 3]]],
    ['99999999999999', undefined],
    ['1-2-3', undefined],
    ['3-1', undefined],
    ['-1', undefined],
    ['1,x', undefined],
    ['', undefined],
  ])('a selection: %s (BEP 53)', (text, ranges) => {
    expect(magnet(`so=${text}`).select?.map(({ first, last }) => [first, last])).toEqual(ranges);
  });

  test.each([
    ['5', 5],
    ['0', 0],
    ['-1', undefined],
    ['1e400', undefined],
    ['x', undefined],
    ['9007199254740993', undefined],
  ])('a length: %s', (text, length) => {
    expect(magnet(`xl=${text}`).length).toBe(length);
  });

  test('a selection as a storage is told it', () => {
    expect(
      selectedFiles(
        [
          { first: 1, last: 2 },
          { first: 4, last: 1_000_000_000 },
        ],
        6,
      ),
    ).toEqual([false, true, true, false, true, true]);
    expect(selectedFiles(undefined, 2)).toEqual([true, true]);
    expect(selectedFiles([{ first: 9, last: 9 }], 2)).toEqual([false, false]);
  });
});

describe('links that are meant to hurt', () => {
  test('ten thousand trackers are read, more are not', () => {
    const link = (count: number) => 'tr=http://t/&'.repeat(count);
    expect(magnet(link(limits.magnetParameters - 1)).trackers).toHaveLength(limits.magnetParameters - 1);
    expect(magnet(link(20_000)).trackers).toHaveLength(limits.magnetParameters - 1);
  });

  test('so are ranges of files', () => {
    expect(magnet(`so=${'1,'.repeat(50_000)}`).select).toHaveLength(limits.magnetRanges);
  });

  test('keys that are names of built-in fields are keys', () => {
    expect(magnet('__proto__=1&constructor=2&toString=3').trackers).toEqual([]);
  });
});

describe('writing', () => {
  test('in a fixed order, escaped', () => {
    const { infoHashV1, infoHashV2 } = parseMagnet(`magnet:?xt=urn:btih:${HEX}&xt=urn:btmh:1220${V2}`);
    const link = formatMagnet({
      infoHashV1,
      infoHashV2,
      name: 'a b&c',
      length: 7,
      trackers: ['http://t/?a=1&b=2'],
      webSeeds: ['http://w/ü'],
      peers: [
        { host: '::1', port: 1 },
        { host: 'h', port: 2 },
      ],
      select: [
        { first: 0, last: 0 },
        { first: 2, last: 4 },
      ],
    });
    expect(link).toBe(
      `magnet:?xt=urn:btih:${HEX}&xt=urn:btmh:1220${V2}&dn=a%20b%26c&xl=7&tr=http%3A%2F%2Ft%2F%3Fa%3D1%26b%3D2&ws=http%3A%2F%2Fw%2F%C3%BC&x.pe=[::1]:1&x.pe=h:2&so=0,2-4`,
    );
  });

  test('without an info-hash there is no link', () => {
    expect(() => formatMagnet({ name: 'x' })).toThrow(TypeError);
  });

  test.skipIf(!hasLibtorrent)(`${oracleNote} reads the same`, () => {
    const links = [
      `magnet:?xt=urn:btih:${HEX}&dn=a+b&tr=udp%3A%2F%2Fa%3A1&tr.1=http%3A%2F%2Fb&ws=http%3A%2F%2Fw%2F`,
      `magnet:?xt=urn:btih:${BASE32}`,
      `magnet:?xt=urn:btmh:1220${V2}&dn=%E6%97%A5`,
      `magnet:?xt=urn:btmh:1220${V2}&xt=urn:btih:${HEX}&tr=`,
    ];
    const answers = askLibtorrent(links.map((link) => ({ ask: 'magnet', link })));
    const ours = links.map((link) => {
      const { infoHashV1, infoHashV2, name, trackers, webSeeds } = parseMagnet(link);
      const v2 = infoHashV2 === undefined ? null : Buffer.from(infoHashV2).toString('hex');
      return { v1: infoHashV1?.hex ?? null, v2, name: name ?? '', trackers, webSeeds };
    });
    expect(answers).toEqual(ours);
  });
});
