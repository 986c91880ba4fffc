/** The probe's KRPC beside our packages (BEP 5, 33, 42, 44): what one writes the other reads, and both reckon the same. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BencodeError, decode } from '../../packages/bencode/src/index.ts';
import { Id20, ProtocolError } from '../../packages/core/src/index.ts';
import {
  type BodyFields,
  decodeKrpc,
  encodeKrpc,
  idBelongsTo,
  immutableTarget,
  type KrpcMessage,
  mutableTarget,
  compareDistance as ourCompareDistance,
  sharedBits as ourSharedBits,
  publicKeyOf,
  ScrapeFilter,
  sign,
  verify,
} from '../../packages/dht/src/index.ts';
import { writeBencode } from '../src/probe/bencode.ts';
import { filterOf } from '../src/probe/dht/filter.ts';
import { belongsTo, compareDistance, idNear, idOf, sharedBits } from '../src/probe/dht/ids.ts';
import { isSigned, keyPairOf, signedBytes, signItem, targetOfKey, targetOfValue } from '../src/probe/dht/items.ts';
import { type Fields, readMessage, writeError, writeQuery, writeResponse } from '../src/probe/dht/krpc.ts';
import { Random } from '../src/random.ts';

const bytes = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength });
const id = bytes(20);
const seq = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const value = fc.oneof(
  bytes(0, 60),
  fc.integer(),
  fc.array(bytes(0, 9), { maxLength: 4 }),
  fc.constant({ a: 1, b: 'c' }),
);
const ip = fc.oneof(
  fc.ipV4(),
  fc.ipV6().filter((text) => !text.includes('.')),
);

/** A body as the probe writes it and as ours does. */
const body = fc
  .record({
    id,
    target: id,
    infoHash: id,
    token: bytes(1, 20),
    port: fc.nat(65_535),
    seq,
    cas: seq,
    v: value,
    k: bytes(32),
  })
  .map((fields): readonly [Fields, BodyFields] => {
    const { infoHash: info_hash, ...rest } = fields;
    return [
      { ...rest, info_hash },
      { ...fields, v: writeBencode(fields.v) },
    ];
  });

test('both write the same queries, responses and errors', () => {
  fc.assert(
    fc.property(
      bytes(0, 20),
      body,
      bytes(4),
      bytes(6),
      fc.nat(999),
      (transaction, [raw, ours], version, address, code) => {
        const top = { v: version };
        const pairs: readonly (readonly [Uint8Array, KrpcMessage])[] = [
          [
            writeQuery(transaction, 'vote', raw, top),
            { type: 'query', transaction, method: 'vote', body: ours, version },
          ],
          [
            writeResponse(transaction, raw, { ...top, ip: address }),
            { type: 'response', transaction, body: ours, address, version },
          ],
          [
            writeError(transaction, code, 'no', { ...top, ip: address }),
            { type: 'error', transaction, code, message: 'no', address, version },
          ],
        ];
        for (const [written, message] of pairs) expect(written).toEqual(new Uint8Array(encodeKrpc(message)));
      },
    ),
  );
});

test('both read the same from what either wrote', () => {
  fc.assert(
    fc.property(bytes(0, 20), body, (transaction, [raw]) => {
      const datagram = writeQuery(transaction, 'put', raw);
      const probe = readMessage(datagram)!;
      const ours = decodeKrpc(datagram);
      if (ours.type !== 'query') throw new Error(ours.type);
      expect([ours.type, ours.method, ours.transaction]).toEqual([probe.type, probe.method, transaction]);
      expect(ours.body.id).toEqual(probe.body.get('id'));
      expect(ours.body.seq).toBe(BigInt(probe.body.get('seq') as number | bigint));
      expect(ours.body.v).toEqual(writeBencode(raw['v']!));
      expect(probe.violations).toEqual([]);
    }),
  );
});

test('what the probe finds canonical our strict bencode takes, and nothing else', () => {
  const datagram = fc.tuple(body, fc.nat(400), fc.nat(255)).map(([[raw], at, byte]) => {
    const written = writeQuery('aa', 'ping', raw);
    written[at % written.length] = byte;
    return written;
  });
  fc.assert(
    fc.property(fc.oneof(datagram, bytes(0, 60)), (spoiled) => {
      const probe = readMessage(spoiled);
      const strict = attempt(() => decode(spoiled));
      if (probe !== undefined && probe.violations.length === 0) expect(strict).toBeDefined();
      if (strict instanceof Map) expect(probe?.violations).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test('on garbage our reader gives a message or a ProtocolError, and a message only where the probe sees one', () => {
  const spoiled = fc.tuple(body, fc.nat(400), fc.nat(255)).map(([[raw], at, byte]) => {
    const written = writeQuery('aa', 'ping', raw);
    written[at % written.length] = byte;
    return written;
  });
  fc.assert(
    fc.property(fc.oneof(spoiled, bytes(0, 60)), (datagram) => {
      const ours = attempt(() => decodeKrpc(datagram));
      if (ours !== undefined) expect(readMessage(datagram)?.type).toBe(ours.type);
    }),
    { numRuns: 500 },
  );
});

test('both measure distances, and know which id belongs where', () => {
  fc.assert(
    fc.property(id, id, id, ip, fc.nat(159), fc.string(), (target, a, b, address, bits, seed) => {
      expect(Math.sign(compareDistance(target, a, b))).toBe(Math.sign(ourCompareDistance(target, a, b)));
      expect(sharedBits(a, b)).toBe(ourSharedBits(a, b));
      const random = new Random(seed);
      expect(ourSharedBits(target, idNear(target, bits, random))).toBe(bits);
      expect(idBelongsTo(idOf(address, random), address)).toBe(true);
      expect(belongsTo(a, address)).toBe(idBelongsTo(a, address));
    }),
  );
});

test('both count addresses in the same bits', () => {
  fc.assert(
    fc.property(fc.array(ip, { maxLength: 50 }), (ips) => {
      const ours = new ScrapeFilter();
      for (const each of ips) ours.add(each);
      expect(filterOf(ips)).toEqual(new Uint8Array(ours.bytes));
    }),
  );
});

test('both store and sign items alike', () => {
  fc.assert(
    fc.property(bytes(32), value, seq, bytes(0, 64), (seed, item, number, salt) => {
      const pair = keyPairOf(seed);
      const part = { value: writeBencode(item), seq: number, salt };
      expect(pair.publicKey).toEqual(new Uint8Array(publicKeyOf(seed)));
      const signature = signItem(pair, item, number, salt);
      expect(signature).toEqual(new Uint8Array(sign(part, seed)));
      expect(verify(part, signature, pair.publicKey)).toBe(true);
      expect(isSigned(pair.publicKey, signature, signedBytes(item, number, salt))).toBe(true);
      expect(targetOfValue(item)).toEqual(new Uint8Array(immutableTarget(part.value)));
      expect(targetOfKey(pair.publicKey, salt)).toEqual(new Uint8Array(mutableTarget(pair.publicKey, salt)));
    }),
    { numRuns: 30 },
  );
});

test('the test vectors of BEP 33, 42 and 44 hold for the probe', () => {
  const v4 = Array.from({ length: 256 }, (_, last) => `192.0.2.${last}`);
  const v6 = Array.from({ length: 1_000 }, (_, last) => `2001:db8::${last.toString(16)}`);
  const filter = Buffer.from(filterOf([...v4, ...v6])).toString('hex');
  expect([filter.slice(0, 16), filter.slice(-8)]).toEqual(['f6c3f5eaa07ffd91', 'fd8f72ef']);
  const ids = {
    '124.31.75.21': '5fbfbff10c5d6a4ec8a88e4c6ab4c28b95eee401',
    '65.23.51.170': 'a5d43220bc8f112a3d426c84764f8c2a1150e616',
  };
  for (const [address, hex] of Object.entries(ids)) expect(belongsTo(Id20.from(hex).bytes, address)).toBe(true);
  expect(Buffer.from(targetOfValue('Hello World!')).toString('hex')).toBe('e5f96f6f38320f0f33959cb4d3d656452117aadb');
  const key = Buffer.from('77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548', 'hex');
  expect(Buffer.from(targetOfKey(key)).toString('hex')).toBe('4a533d47ec9c7d95b1ad75f576cffc641853b750');
  const salt = Buffer.from('foobar');
  expect(Buffer.from(targetOfKey(key, salt)).toString('hex')).toBe('411eba73b6f087ca51a3795d9c8c938d365e32c1');
  const signature =
    '6834284b6b24c3204eb2fea824d82f88883a3d95e8b4a21b8c0ded553d17d17ddf9a8a7104b1258f30bed3787e6cb896fca78c58f8e03b5f18f14951a87d9a08';
  expect(isSigned(key, Buffer.from(signature, 'hex'), signedBytes('Hello World!', 1, salt))).toBe(true);
});

function attempt<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof BencodeError) return undefined;
    throw error;
  }
}
