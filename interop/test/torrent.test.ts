/** The torrents of the harness, read by the project's own reader: two that share no line agree (BEP 3, BEP 47, BEP 52). */
import { expect, test } from 'vitest';
import { parseTorrent } from '../../packages/metainfo/src/index.ts';
import { paddedLength, paddingOf, payloadLength, payloadOf } from '../src/payload.ts';
import { makeTorrent } from '../src/torrent.ts';

const TRACKER = 'http://10.0.0.2:6969/announce';

test.each(['file', 'tree', 'private', 'v2', 'hybrid'] as const)(
  'BEP 3, BEP 52: the torrent of "%s" reads as meant',
  (name) => {
    const payload = payloadOf(name);
    const made = makeTorrent({ ...payload, tracker: TRACKER });
    const read = parseTorrent(made.bytes);
    const second = read.infoHashV2 && Buffer.from(read.infoHashV2).toString('hex');
    const hashes = [read.infoHashV1?.hex, second].filter((hash) => hash !== undefined);
    expect(hashes).toEqual(made.infoHashes);
    expect(read.deviations).toEqual([]);
    expect(made.magnet).toContain(encodeURIComponent(TRACKER));
    expect(made.wireHashes.every((hash) => hash.length === 40)).toBe(true);
  },
);

test('BEP 47: every padding has a name of its own, as some programs take no two files of one name', () => {
  for (const name of ['tree', 'hybrid'] as const) {
    const names = paddingOf(payloadOf(name)).map(({ path }) => path.join('/'));
    expect(names.length).toBeGreaterThan(1);
    expect(new Set(names).size).toBe(names.length);
  }
});

test('our choice: padding is counted, and only where there is some', () => {
  expect(paddedLength(payloadOf('file'))).toBe(payloadLength(payloadOf('file')));
  expect(paddedLength(payloadOf('tree'))).toBeGreaterThan(payloadLength(payloadOf('tree')));
});
