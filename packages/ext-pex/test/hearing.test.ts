import { ProtocolError } from '@ferro/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodePexMessage, limits, type PexEvent } from '../src/index.ts';
import { address, addresses, Connection, peerAt, peers } from './world.ts';

const added = (events: readonly PexEvent[]) =>
  events.flatMap((event) => (event.type === 'peers' ? addresses(event.added) : []));
const offences = (events: readonly PexEvent[]) =>
  events.flatMap((event) => (event.type === 'ignored' ? [event.reason.code] : []));

/** The code with which the connection ends. */
function endOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ProtocolError) return error.code;
    throw error;
  }
  return 'it goes on';
}

test('BEP 11: who is added and who is dropped is reported, with flags', () => {
  const connection = new Connection();
  const seed = peerAt(address(1), 0x1e);
  expect(connection.hear({ added: [seed] })).toEqual([{ type: 'peers', added: [seed], dropped: [] }]);
  expect(connection.hear({ dropped: [address(1), address(2)] })).toEqual([
    { type: 'peers', added: [], dropped: [address(1)] },
  ]);
  expect(connection.hear({})).toEqual([]);
});

test('a hundred are taken of the first message, fifty of each that follows', () => {
  const connection = new Connection();
  expect(added(connection.hear({ added: peers(250) }))).toEqual(addresses(peers(100)));
  const events = connection.hear({ added: peers(100, 1000) });
  expect(added(events)).toEqual(addresses(peers(50, 1000)));
  expect(offences(events)).toEqual([]);
  expect(offences(connection.hear({ added: peers(101, 2000) }))).toEqual(['ext-pex/too-many']);
});

test('one port for each IP address: a list of ports would be a scan', () => {
  const connection = new Connection();
  const ports = Array.from({ length: 50 }, (_, port) => peerAt(address(7, port + 1)));
  expect(added(connection.hear({ added: ports }))).toEqual([address(7, 1)]);
  expect(added(connection.hear({ added: [peerAt(address(7, 99))] }))).toEqual([]);
  connection.hear({ dropped: [address(7, 1)] });
  expect(added(connection.hear({ added: [peerAt(address(7, 99))] }))).toEqual([address(7, 99)]);
});

test('programs on our own machine share its address', () => {
  const connection = new Connection('127.0.0.1');
  const local = [1, 2, 3].map((port) => peerAt({ ip: '127.0.0.1', port }));
  expect(added(connection.hear({ added: local }))).toEqual(addresses(local));
});

test.each([
  ['9.9.9.9', ['8.8.8.8']],
  ['192.168.1.2', ['8.8.8.8', '192.168.1.7', '10.0.0.1', 'fc00::1']],
  ['169.254.0.1', ['8.8.8.8', '192.168.1.7', '10.0.0.1', '169.254.3.4', 'fc00::1']],
  ['127.0.0.1', ['8.8.8.8', '192.168.1.7', '10.0.0.1', '169.254.3.4', '127.0.0.1', 'fc00::1', '::1']],
])('a peer at %s may name %o', (from, expected) => {
  const ips = [
    '8.8.8.8',
    '192.168.1.7',
    '10.0.0.1',
    '169.254.3.4',
    '127.0.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
  ];
  const all = [...ips, 'fc00::1', '::1', '::', 'ff02::1'].map((ip) => peerAt({ ip, port: 6_881 }));
  expect(added(new Connection(from).hear({ added: all })).map(({ ip }) => ip)).toEqual(expected);
});

test('port 0 and our own addresses are nobody to connect to', () => {
  const connection = new Connection();
  connection.own.set([address(1)]);
  expect(added(connection.hear({ added: [peerAt(address(1)), peerAt(address(2, 0)), peerAt(address(3))] }))).toEqual([
    address(3),
  ]);
});

test('an IPv4 address inside an IPv6 one is judged as what it is', () => {
  const mapped = `${'\0'.repeat(10)}\xff\xff\x7f\0\0\x01\x1a\xe1`;
  const payload = Uint8Array.from(Buffer.from(`d6:added618:${mapped}e`, 'latin1'));
  expect(new Connection().extension.receive(payload)).toEqual([]);
});

test('who is added and dropped at once is neither, and it is an offence', () => {
  const connection = new Connection();
  expect(offences(connection.hear({ added: peers(2), dropped: [address(1)] }))).toEqual(['ext-pex/contradiction']);
  expect(added(connection.hear({ added: peers(2) }))).toEqual([address(1)]);
});

test.each([
  ['ext-pex/repeated', [address(1), address(1)]],
  ['ext-pex/impossible-address', [{ ip: '239.1.2.3', port: 80 }]],
])('%s is an offence', (code, list) => {
  expect(offences(new Connection().hear({ added: list.map((at) => peerAt(at)) }))).toEqual([code]);
});

test('BEP 11: more than one message a minute is not read; a delayed one is', () => {
  const connection = new Connection();
  connection.hear({ added: peers(1) });
  expect(added(connection.hear({ added: peers(1, 10) }, 1_000))).toHaveLength(1);
  expect(connection.hear({ added: peers(1, 20) }, 1_000)).toMatchObject([
    { type: 'ignored', reason: { code: 'ext-pex/too-frequent' } },
  ]);
  expect(added(connection.hear({ added: peers(1, 30) }, 60_000))).toHaveLength(1);
});

test('a flood ends the connection, whatever is in it', () => {
  const connection = new Connection();
  const garbage = new Uint8Array(60_000);
  connection.hear({});
  connection.hear({}, 0);
  for (let i = 0; i < limits.offences; i++) expect(connection.extension.receive(garbage)).toHaveLength(1);
  expect(endOf(() => connection.extension.receive(garbage))).toBe('ext-pex/misbehaving');
});

test('offences in a row end the connection; now and then one is forgiven', () => {
  const bad = { added: [peerAt({ ip: '239.1.2.3', port: 80 })] };
  const lying = new Connection();
  for (let i = 0; i < limits.offences; i++) lying.hear(bad);
  expect(endOf(() => lying.hear(bad))).toBe('ext-pex/misbehaving');
  const clumsy = new Connection();
  for (let i = 0; i < 50; i++) {
    clumsy.hear(bad);
    clumsy.hear({});
  }
  expect(offences(clumsy.hear(bad))).toEqual(['ext-pex/impossible-address']);
});

test('a peer that never drops anybody is believed up to a limit', () => {
  const connection = new Connection();
  let taken = 0;
  for (let round = 0; round < 40; round++) taken += added(connection.hear({ added: peers(50, 50 * round) })).length;
  expect(taken).toBe(limits.contacts);
});

test('whatever a peer sends, a minute of it brings fifty contacts, all of which may pass', () => {
  const ip = fc.oneof(fc.ipV4(), fc.constantFrom('127.0.0.1', '10.1.1.1', '224.1.1.1', '8.8.8.8', '1.1.1.1'));
  const at = fc.record({ ip, port: fc.nat(65_535) });
  const message = fc.record({ added: fc.array(at, { maxLength: 200 }), dropped: fc.array(at, { maxLength: 200 }) });
  fc.assert(
    fc.property(fc.array(fc.tuple(message, fc.nat(120_000)), { maxLength: 30 }), (messages) => {
      const connection = new Connection();
      let taken = 0;
      const seen = new Set<string>();
      try {
        for (const [{ added: list, dropped }, waitMs] of messages) {
          connection.clock.time += waitMs;
          const payload = encodePexMessage({ added: list.map((one) => peerAt(one)), dropped });
          for (const event of connection.extension.receive(payload)) {
            payload.fill(0xa5);
            if (event.type !== 'peers') continue;
            for (const { ip: gone } of event.dropped) expect(seen.delete(gone)).toBe(true);
            for (const { address: new_ } of event.added) {
              expect(new_.port).toBeGreaterThan(0);
              expect(new_.ip).not.toMatch(/^(127|10|0|22[4-9]|23\d|24\d|25\d)\./);
              expect(seen.has(new_.ip)).toBe(false);
              seen.add(new_.ip);
              taken++;
            }
          }
        }
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
      expect(taken).toBeLessThanOrEqual(limits.addedFirst + limits.added * (1 + connection.clock.time / 60_000));
    }),
    { numRuns: 100 },
  );
});
