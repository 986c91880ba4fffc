/** A torrent file and the magnet link that stands for it (BEP 3; BEP 9). */
import { encode } from '@ferro/bencode';
import { sha1 } from '@ferro/core';
import { formatMagnet, Layout, parseMagnet, parseTorrent } from '@ferro/metainfo';

const content = new Uint8Array(40_000).fill(7);
const pieces = new Uint8Array(60);
for (let i = 0; i < 3; i++) pieces.set(sha1(content.subarray(i * 16_384, (i + 1) * 16_384)), i * 20);
const bytes = encode({
  announce: 'http://tracker.example/announce',
  info: {
    name: 'holiday',
    'piece length': 16_384,
    pieces,
    files: [
      { length: 30_000, path: ['photos', 'beach.jpg'] },
      { length: 10_000, path: ['notes.txt'] },
    ],
  },
});

const torrent = parseTorrent(bytes);
console.log(torrent.name, torrent.version, torrent.infoHashV1?.hex);
const layout = new Layout(torrent);
for (let piece = 0; piece < torrent.pieceCount; piece++) {
  const parts = layout
    .ranges(piece)
    .map(({ file, offset, length }) => `${length} bytes of ${torrent.files[file]?.path.join('/')} from ${offset}`);
  console.log(`piece ${piece}:`, parts.join(' + '));
}
const link = formatMagnet({ infoHashV1: torrent.infoHashV1, name: torrent.name, trackers: torrent.trackers.flat() });
console.log(link);
console.log('and back:', parseMagnet(link).infoHashV1?.hex === torrent.infoHashV1?.hex);
