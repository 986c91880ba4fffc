/**
 * Differential test: torrents that are good, odd or broken in ways that a generator comes up with, read here and by libtorrent.
 * Both accept the same, and what they accept means the same.
 */
import { type BencodeInput, encode } from '@ferro/bencode';
import { toHex } from '@ferro/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Metainfo, parseTorrent } from '../src/index.ts';
import { someBytes } from './folder.ts';
import { hasLibtorrent, type OracleTorrent, oracleNote, type Refusal, readByLibtorrent } from './oracle.ts';
import { type Dictionary, hashes, hybridOf, PIECE, v2Of } from './torrents.ts';

const name = fc.oneof(fc.constantFrom('a', 'b', 'c.txt', 'dir', 'Ü'), fc.stringMatching(/^[a-z]{1,6}$/));
const path = fc.array(name, { minLength: 1, maxLength: 3 });
const url = fc.constantFrom('http://a/announce', 'udp://b:80', 'wss://c/', '');
const contents = fc.dictionary(
  fc.stringMatching(/^[a-z]{1,3}(\/[A-Z]{1,3})?$/),
  fc.constantFrom(0, 1, PIECE, 20_000, 40_000),
  {
    minKeys: 1,
    maxKeys: 4,
    noNullPrototype: true,
  },
);

const v1: fc.Arbitrary<Dictionary> = fc
  .record({
    name,
    pieceLength: fc.constantFrom(PIECE, 4 * PIECE, 1000),
    files: fc.array(
      fc.record({ path, length: fc.nat({ max: 100_000 }), attr: fc.constantFrom(undefined, 'x', 'h', 'p', 'xh') }),
      {
        minLength: 1,
        maxLength: 6,
      },
    ),
    single: fc.boolean(),
  })
  .map(({ name, pieceLength, files, single }) => {
    const total = single ? files[0]!.length : files.reduce((sum, file) => sum + file.length, 0);
    const list = single ? { length: total } : { files: files as unknown as BencodeInput };
    return { name, 'piece length': pieceLength, pieces: hashes(Math.ceil(total / pieceLength)), ...list };
  });

const filled = (lengths: Record<string, number>) =>
  Object.fromEntries(
    Object.entries(lengths)
      .sort(([a], [b]) => (a.replaceAll('/', '\0') < b.replaceAll('/', '\0') ? -1 : 1))
      .filter(([file], _, all) => !all.some(([other]) => other.startsWith(`${file}/`)))
      .map(([file, length], i) => [file, someBytes(length, i + 1)]),
  );

const versions = fc.oneof(
  v1.map((info) => ({ info, layers: undefined })),
  contents.map((lengths) => v2Of(filled(lengths))),
  contents.map((lengths) => hybridOf(filled(lengths))),
);

const outside = fc.record(
  {
    announce: url,
    'announce-list': fc.array(fc.array(url, { maxLength: 3 }), { maxLength: 3 }),
    'url-list': fc.oneof(url, fc.array(url, { maxLength: 3 })),
    httpseeds: fc.array(url, { maxLength: 2 }),
    comment: fc.string({ maxLength: 5 }),
    'created by': fc.string({ maxLength: 5 }),
    'creation date': fc.nat(),
    nodes: fc.array(fc.tuple(name, fc.integer({ min: 1, max: 65_535 })), { maxLength: 2 }),
  },
  { requiredKeys: [] },
);

const odd = fc.constantFrom<BencodeInput>(0, -1, 1, 2, 3, PIECE, '', 'x', [], {}, [[]], ['x'], hashes(1), 2n ** 62n);
/** Puts something else in the place of one field, or takes it away. */
const change = fc.option(fc.tuple(fc.nat(), fc.option(odd, { nil: undefined })), { freq: 2, nil: undefined });

const torrent = fc.tuple(versions, outside, change).map(([{ info, layers }, rest, changed]) => {
  const changedInfo = { ...info };
  if (changed !== undefined) {
    const keys = Object.keys(info);
    const key = keys[changed[0] % keys.length]!;
    changedInfo[key] = changed[1];
    // To libtorrent a version 1 list of no files agrees with any list of version 2. Here it does not.
    if (key === 'files' && Array.isArray(changed[1]) && changed[1].length === 0) changedInfo[key] = 0;
  }
  return encode({
    ...(rest as Dictionary),
    info: changedInfo,
    ...(layers && { 'piece layers': layers }),
  } as BencodeInput);
});

/** What both readers say, in one form. */
function summary({ files, ...torrent }: Metainfo): Partial<OracleTorrent> {
  return {
    v1: torrent.infoHashV1?.hex ?? null,
    v2: torrent.infoHashV2 ? toHex(torrent.infoHashV2) : null,
    pieceLength: torrent.pieceLength,
    pieceCount: torrent.pieceCount,
    private: torrent.private,
    comment: torrent.comment ?? '',
    createdBy: torrent.createdBy ?? '',
    creationDate: torrent.creationDate ?? 0,
    trackers: torrent.trackers.flatMap((tier, i) => tier.map((tracker) => [tracker, i] as const)),
    httpSeeds: torrent.httpSeeds,
    nodes: torrent.nodes.map(({ host, port }) => [host, port] as const),
    files: files
      .filter(({ padding }) => !padding)
      .map(({ path, length, offset, executable, hidden, piecesRoot }) => ({
        ...{ path: path.join('/'), length, offset, padding: false, executable, hidden, link: null },
        root: toHex(piecesRoot ?? new Uint8Array(32)),
      })),
  };
}

/** libtorrent keeps the number of a tier that is empty, shuffles tiers, gives copies other numbers, and pads a last file too. */
function comparable(torrent: Partial<OracleTorrent>): object {
  const tiers = [...new Set(torrent.trackers?.map(([, tier]) => tier))].sort((a, b) => a - b);
  const pathless = (path: string) => path.replace(/\.\d+(?=\.|$)/, '').toLowerCase();
  return {
    ...torrent,
    trackers: torrent.trackers?.map(([tracker, tier]) => `${tiers.indexOf(tier)} ${tracker}`).sort(),
    files: torrent.files
      ?.filter(({ padding }) => !padding)
      .map((file) => ({ ...file, path: pathless(file.path), offset: file.length > 0 ? file.offset : 0 })),
  };
}

describe('differential', () => {
  test.skipIf(!hasLibtorrent)(`600 torrents mean the same to ${oracleNote}`, () => {
    const torrents = fc.sample(torrent, { numRuns: 600, seed: 20_260_101 });
    const answers = readByLibtorrent(torrents);
    const disagreements: object[] = [];
    const differences: [ours: object, theirs: object][] = [];
    let accepted = 0;
    for (const [i, bytes] of torrents.entries()) {
      const answer = answers[i]! as OracleTorrent | Refusal;
      const text = new TextDecoder('latin1').decode(bytes);
      let ours: Metainfo | undefined;
      let reason = '';
      try {
        ours = parseTorrent(bytes, { names: 'posix' });
      } catch (error) {
        reason = (error as Error).message;
      }
      if ((ours !== undefined) !== (answer.error === undefined))
        disagreements.push({ text, reason, theirs: answer.error });
      if (ours === undefined || answer.error !== undefined) continue;
      accepted++;
      const { name: _, webSeeds: __, ...theirs } = answer;
      differences.push([
        { text, ...comparable(summary(ours)) },
        { text, ...comparable(theirs) },
      ]);
    }
    expect(disagreements).toEqual([]);
    for (const [ours, theirs] of differences) expect(ours).toEqual(theirs);
    expect(accepted).toBeGreaterThan(200);
    expect(accepted).toBeLessThan(550);
  });
});
