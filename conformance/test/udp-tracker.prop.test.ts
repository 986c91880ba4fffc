/** The probe's UDP tracker packets beside ours (BEP 15): what one writes the other reads. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Id20 } from '../../packages/core/src/index.ts';
import {
  decodeReply,
  encodeAnnounce,
  encodeConnect,
  encodeConnectReply,
  encodeErrorReply,
  encodeScrape,
  encodeScrapeReply,
} from '../../packages/tracker-udp/src/index.ts';
import { readReply, writeAnnounce, writeConnect, writeScrape } from '../src/probe/udp-tracker/packets.ts';

const u32 = fc.nat(0xffff_ffff);
const id = fc.uint8Array({ minLength: 20, maxLength: 20 });
const connection = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const events = { none: undefined, completed: 'completed', started: 'started', stopped: 'stopped' } as const;

test('both write the same requests', () => {
  const amount = fc.maxSafeInteger().map(Math.abs);
  const fields = fc.record({ infoHash: id, peerId: id, downloaded: amount, left: amount, uploaded: amount });
  const rest = fc.record({
    event: fc.nat(3),
    key: u32,
    numWant: fc.integer({ min: -1, max: 200 }),
    port: fc.nat(65_535),
  });
  fc.assert(
    fc.property(connection, u32, fields, rest, (connectionId, transaction, given, more) => {
      const raw = Buffer.alloc(8);
      raw.writeBigUInt64BE(connectionId);
      const ours = encodeAnnounce(raw, transaction, {
        ...given,
        infoHash: Id20.from(given.infoHash),
        peerId: Id20.from(given.peerId),
        event: Object.values(events)[more.event],
        key: more.key,
        numWant: more.numWant,
        port: more.port,
      });
      const announce = { ...given, ...more, ip: new Uint8Array(4), tail: new Uint8Array(0) };
      expect(writeAnnounce(connectionId, transaction, announce)).toEqual(new Uint8Array(ours));
      expect(writeConnect(transaction)).toEqual(new Uint8Array(encodeConnect(transaction)));
      const hashes = [given.infoHash, given.peerId];
      const scrape = encodeScrape(
        raw,
        transaction,
        hashes.map((hash) => Id20.from(hash)),
      );
      expect(writeScrape(connectionId, transaction, hashes)).toEqual(new Uint8Array(scrape));
    }),
  );
});

test('the probe reads the replies that ours writes', () => {
  const counts = fc.array(fc.record({ seeders: u32, completed: u32, leechers: u32 }), { maxLength: 5 });
  fc.assert(
    fc.property(u32, fc.uint8Array({ minLength: 8, maxLength: 8 }), counts, (transaction, connectionId, files) => {
      expect(readReply(encodeConnectReply(transaction, connectionId))).toMatchObject({
        type: 'connect',
        transaction,
        connection: Buffer.from(connectionId).readBigUInt64BE(),
      });
      expect(readReply(encodeScrapeReply(transaction, files))).toMatchObject({ type: 'scrape', transaction, files });
      const error = readReply(encodeErrorReply(transaction, 'no', 100));
      expect(error).toMatchObject({ type: 'error', transaction, message: 'no' });
    }),
  );
});

test('of any bytes both read the same, or ours refuses them', () => {
  const action = fc.constantFrom(0, 1, 2, 3, 9);
  fc.assert(
    fc.property(action, u32, fc.uint8Array({ maxLength: 60 }), (kind, transaction, rest) => {
      const head = Buffer.alloc(8);
      head.writeUInt32BE(kind, 0);
      head.writeUInt32BE(transaction, 4);
      const bytes = Buffer.concat([head, rest]);
      const theirs = readReply(bytes);
      const ours = decoded(bytes);
      if (ours === undefined) return;
      expect(theirs?.transaction).toBe(ours.transaction);
      expect(theirs?.type).toBe(ours.type);
      if (ours.type === 'announce' && theirs?.type === 'announce') {
        const { interval, leechers, seeders } = theirs;
        expect({ interval, leechers, seeders }).toMatchObject({
          leechers: ours.response.leechers,
          seeders: ours.response.seeders,
          interval: ours.response.interval,
        });
      }
    }),
  );
});

function decoded(bytes: Uint8Array): ReturnType<typeof decodeReply> | undefined {
  try {
    return decodeReply(new Uint8Array(bytes), 4 as Parameters<typeof decodeReply>[1]);
  } catch {
    return undefined;
  }
}
