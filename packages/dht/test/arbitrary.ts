/** Messages of the DHT for properties. */
import fc from 'fast-check';
import { type BodyFields, encodeKrpc, type KrpcMessage } from '../src/index.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const some = (maxLength: number) => fc.uint8Array({ maxLength });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const bencoded = fc
  .constantFrom('i7e', '5:hello', 'le', 'de', 'd1:ai1ee', 'li1ei2ee')
  .map((text) => new TextEncoder().encode(text));

const body: fc.Arbitrary<BodyFields> = fc.record(
  {
    id: bytes(20),
    target: bytes(20),
    infoHash: bytes(20),
    token: some(20),
    port: fc.nat(70_000),
    impliedPort: fc.constant(true),
    seed: fc.constant(true),
    noSeed: fc.constant(true),
    scrape: fc.constant(true),
    want: fc.constantFrom([4], [6], [4, 6]) as fc.Arbitrary<(4 | 6)[]>,
    nodes: some(60),
    nodes6: some(80),
    values: fc.array(some(18), { maxLength: 4 }),
    v: bencoded,
    k: bytes(32),
    sig: bytes(64),
    seq: int64,
    cas: int64,
    salt: some(70),
    samples: some(60),
    num: fc.nat(),
    interval: fc.nat(30_000),
    seedFilter: bytes(256),
    peerFilter: bytes(256),
  },
  { requiredKeys: [] },
);

const method = fc.constantFrom(
  'ping',
  'find_node',
  'get_peers',
  'announce_peer',
  'get',
  'put',
  'sample_infohashes',
  'foo',
);
const transaction = some(8);

export const message: fc.Arbitrary<KrpcMessage> = fc.oneof(
  fc.record({ type: fc.constant('query' as const), transaction, method, body, readOnly: fc.boolean() }),
  fc.record({ type: fc.constant('response' as const), transaction, body, address: some(18) }),
  fc.record({ type: fc.constant('error' as const), transaction, code: fc.nat(400), message: fc.string() }),
);

export const packet: fc.Arbitrary<Uint8Array> = message.map(encodeKrpc);
