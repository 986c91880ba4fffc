import { Id20, sha1, sha256 } from '@ferro/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MetadataDownload, PIECE_LENGTH } from '../src/index.ts';

const info = new Uint8Array(2 * PIECE_LENGTH + 100).map((_, i) => i % 253);
const hashes = { v1: Id20.from(sha1(info)) };
const part = (index: number, lie = false) => {
  const bytes = info.slice(index * PIECE_LENGTH, (index + 1) * PIECE_LENGTH);
  if (lie) bytes[0]! ^= 1;
  return bytes;
};

test('BEP 9: peers of one size share the work, and the whole is verified', () => {
  const download = new MetadataDownload(hashes);
  download.join('a', info.length);
  download.join('b', info.length);
  expect([download.next('a'), download.next('b'), download.next('a'), download.next('b')]).toEqual([
    0,
    1,
    2,
    undefined,
  ]);
  expect(download.add('a', 0, part(0))).toBeUndefined();
  expect(download.add('b', 1, part(1))).toBeUndefined();
  expect(download.add('a', 2, part(2))).toEqual({ type: 'done', info });
});

test('BEP 52: a v2 info-hash is checked, too', () => {
  const download = new MetadataDownload({ v2: sha256(info) });
  download.join('a', info.length);
  for (const index of [0, 1]) download.add('a', download.next('a') ?? -1, part(index));
  expect(download.add('a', download.next('a')!, part(2))).toEqual({ type: 'done', info });
});

test('a liar that worked alone is named at once', () => {
  const download = new MetadataDownload(hashes);
  download.join('liar', info.length);
  for (const index of [0, 1]) download.add('liar', download.next('liar')!, part(index, true));
  expect(download.add('liar', download.next('liar')!, part(2, true))).toEqual({ type: 'liars', peers: ['liar'] });
  expect(download.next('liar')).toBeUndefined();
});

test('after a wrong copy of several, each brings one of its own, and only the liar is named', () => {
  const download = new MetadataDownload(hashes);
  const peers = ['honest', 'liar'];
  for (const peer of peers) download.join(peer, info.length);
  const outcomes: unknown[] = [];
  for (let round = 0; round < 10; round++) {
    for (const peer of peers) {
      const index = download.next(peer);
      if (index === undefined) continue;
      const outcome = download.add(peer, index, part(index, peer === 'liar'));
      if (outcome !== undefined) outcomes.push(outcome);
    }
  }
  expect(outcomes).toContainEqual({ type: 'done', info });
  for (const outcome of outcomes) expect(outcome).not.toEqual({ type: 'liars', peers: ['honest'] });
});

test('who refuses, or leaves, leaves its pieces to others', () => {
  const download = new MetadataDownload(hashes);
  for (const peer of ['a', 'b']) download.join(peer, info.length);
  expect(download.next('a')).toBe(0);
  download.refused('a', 0);
  expect(download.next('b')).toBe(0);
  expect(download.next('a')).toBe(1);
  download.leave('a');
  expect(download.next('b')).toBe(1);
});

test('peers that claim other sizes and never deliver do not keep an honest one out', () => {
  const download = new MetadataDownload(hashes);
  for (let liar = 0; liar < 20; liar++) download.join(`liar ${liar}`, 1000 + liar);
  download.join('honest', info.length);
  let done = false;
  for (let round = 0; round < 200 && !done; round++) {
    for (let liar = 0; liar < 20; liar++) {
      const index = download.next(`liar ${liar}`);
      if (index !== undefined) download.refused(`liar ${liar}`, index);
    }
    const index = download.next('honest');
    if (index !== undefined) done = download.add('honest', index, part(index))?.type === 'done';
  }
  expect(done).toBe(true);
});

test('with any mixture of honest peers and liars the right bytes come out, and nobody honest is blamed', () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }),
      fc.array(fc.nat(7), { maxLength: 60 }),
      (lies, order) => {
        const download = new MetadataDownload(hashes);
        lies.forEach((_, peer) => void download.join(`${peer}`, info.length));
        let found: Uint8Array | undefined;
        const turns = [...order, ...Array.from({ length: 400 }, (_, i) => i)];
        for (const turn of turns) {
          const peer = turn % lies.length;
          const index = download.next(`${peer}`);
          if (index === undefined) continue;
          const outcome = download.add(`${peer}`, index, part(index, lies[peer]!));
          if (outcome?.type === 'liars') for (const liar of outcome.peers) expect(lies[Number(liar)]).toBe(true);
          if (outcome?.type === 'done') found = outcome.info;
          if (found !== undefined) break;
        }
        if (lies.includes(false)) expect(found).toEqual(info);
        else expect(found).toBeUndefined();
      },
    ),
  );
});
