/** The probe's HTTP beside ours (BEP 3, trackers; BEP 23; BEP 48): what one writes the other reads. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Id20 } from '../../packages/core/src/index.ts';
import { announceUrl, decodeAnnounce, encodeScrape, parseTarget } from '../../packages/tracker-http/src/index.ts';
import { latin1, writeBencode } from '../src/probe/bencode.ts';
import { writeCompact } from '../src/probe/endpoint.ts';
import { readAnswer } from '../src/probe/http-tracker/answer.ts';
import { escapeBytes, type HttpAnswer, takeAnswer } from '../src/probe/http-tracker/http.ts';
import { filesOf } from '../src/probe/http-tracker/probe.ts';

const id = fc.uint8Array({ minLength: 20, maxLength: 20 });
const u16 = fc.integer({ min: 1, max: 65_535 });
const count = fc.nat(1_000_000);
const answerOf = (body: Uint8Array): HttpAnswer => ({ status: 200, headers: new Map(), body });

test('ours reads the query that the probe writes, and the probe escapes as ours does', () => {
  fc.assert(
    fc.property(id, id, u16, (infoHash, peerId, port) => {
      const query = `info_hash=${escapeBytes(infoHash)}&peer_id=${escapeBytes(peerId)}&port=${port}&uploaded=0&downloaded=0&left=9`;
      const read = parseTarget(Buffer.from(`/announce?${query}`));
      expect(read).toMatchObject({ type: 'announce', port });
      const ids = { infoHash: Id20.from(infoHash), peerId: Id20.from(peerId) };
      const url = announceUrl('http://t/announce', { ...ids, port, uploaded: 0, downloaded: 0, left: 9 });
      expect(url.toLowerCase()).toContain(`info_hash=${escapeBytes(infoHash)}`.toLowerCase());
    }),
  );
});

test('both read the same answer', () => {
  const ip = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => bytes.join('.'));
  const peers = fc.array(fc.record({ ip, port: u16 }), { maxLength: 6 });
  fc.assert(
    fc.property(count, count, count, peers, (interval, complete, incomplete, listed) => {
      const compact = new Uint8Array(Buffer.concat(listed.map(writeCompact)));
      const body = writeBencode({ complete, incomplete, interval, peers: compact });
      expect(readAnswer(answerOf(body)).peers).toEqual(listed);
      expect(decodeAnnounce(body)).toMatchObject({ type: 'answer', peers: listed });
    }),
  );
});

test('the probe reads the scrape that ours writes', () => {
  const files = fc.array(fc.record({ hash: id, complete: count, downloaded: count, incomplete: count }), {
    maxLength: 5,
    minLength: 1,
  });
  fc.assert(
    fc.property(files, (given) => {
      const hashes = new Uint8Array(Buffer.concat(given.map(({ hash }) => hash)));
      const counts = given.map((each) => ({
        ...each,
        seeders: each.complete,
        leechers: each.incomplete,
        downloaders: 0,
      }));
      const answer = readAnswer(answerOf(encodeScrape(hashes, counts as never)));
      for (const { hash } of given) expect(filesOf(answer).has(latin1(hash))).toBe(true);
    }),
  );
});

test('an answer is read the same however it arrives, with a length, in chunks, or until the end', () => {
  const body = Buffer.from('d8:intervali60ee');
  const chunked = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n${body.subarray(0, 5)}\r\nb\r\n${body.subarray(5)}\r\n0\r\n\r\n`;
  const lengthed = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const ended = `HTTP/1.0 200 OK\r\n\r\n${body}`;
  for (const [text, ending] of [
    [chunked, 'open'],
    [lengthed, 'open'],
    [ended, 'clean'],
  ] as const) {
    const bytes = Buffer.from(text);
    expect(takeAnswer(bytes, ending)).toMatchObject({ length: bytes.length, value: { status: 200 } });
    expect(Buffer.from(takeAnswer(bytes, ending)!.value.body)).toEqual(body);
    for (let end = 0; end < bytes.length; end++) expect(takeAnswer(bytes.subarray(0, end), 'open')).toBeUndefined();
  }
});
