import { ProtocolError } from '@ferro/core';
import { decodeHolepunch, encodeHolepunch, type HolepunchMessage } from '@ferro/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type HolepunchEvent, HolepunchExtension, HolepunchRelay, limits, OwnAddresses } from '../src/index.ts';
import { address, address6, Clock } from './world.ts';

const SELF = address(999);

function peer(ip = '9.9.9.9', clock = new Clock()) {
  const own = new OwnAddresses();
  own.set([SELF]);
  const extension = new HolepunchExtension(clock, own, ip);
  extension.accept();
  const hear = (message: HolepunchMessage) => extension.receive(encodeHolepunch(message));
  const said = () => extension.flush().map(decodeHolepunch);
  return { clock, extension, hear, said };
}

/** A relay with peers 1 (the initiator), 2 (the target) and 3, who does not take part. */
function relayed() {
  const clock = new Clock();
  const own = new OwnAddresses();
  own.set([SELF]);
  const relay = new HolepunchRelay<number>(own);
  const at = [1, 2, 3].map((number) => peer(address(number).ip, clock));
  at[2]!.extension.withdraw();
  at.forEach(({ extension }, index) => void relay.join(index + 1, address(index + 1), extension));
  const [initiator, target, outsider] = at as [
    ReturnType<typeof peer>,
    ReturnType<typeof peer>,
    ReturnType<typeof peer>,
  ];
  const ask = (to = address(2)) => relay.introduce(1, initiator.extension, to);
  return { clock, relay, initiator, target, outsider, ask };
}

test('BEP 55: who asks to be introduced hears to connect', () => {
  const { extension, hear, said } = peer();
  expect(extension.rendezvous(address(2))).toBe(true);
  expect(said()).toEqual([{ type: 'rendezvous', address: address(2) }]);
  expect(hear({ type: 'connect', address: address(2) })).toEqual([
    { type: 'connect', address: address(2), asked: true },
  ]);
  expect(extension.deadline).toBe(Number.POSITIVE_INFINITY);
});

test('BEP 55: who is introduced hears to connect, unasked', () => {
  expect(peer().hear({ type: 'connect', address: address6(2) })).toEqual([
    { type: 'connect', address: address6(2), asked: false },
  ]);
});

test.each(['not-connected', 'no-support', 99] as const)(
  'BEP 55: the error %s ends what was asked for, once',
  (error) => {
    const { extension, hear } = peer();
    extension.rendezvous(address(2));
    const message = { type: 'error', address: address(2), error } as const;
    expect(hear(message)).toEqual([{ type: 'failed', address: address(2), reason: error }]);
    expect(hear(message)).toEqual([]);
  },
);

test('a rendezvous without an answer fails after a while', () => {
  const { clock, extension } = peer();
  extension.rendezvous(address(2));
  expect(extension.tick()).toEqual([]);
  clock.time = extension.deadline;
  expect(extension.tick()).toEqual([{ type: 'failed', address: address(2), reason: 'timeout' }]);
  expect(extension.deadline).toBe(Number.POSITIVE_INFINITY);
  expect(extension.rendezvous(address(2))).toBe(true);
});

test('only so many wait at once, and none twice', () => {
  const { extension } = peer();
  const asked = Array.from({ length: 20 }, (_, number) => extension.rendezvous(address(number)));
  expect(asked.filter(Boolean)).toHaveLength(limits.rendezvousOut);
  expect(peer().extension.rendezvous(address(1))).toBe(true);
  const other = peer().extension;
  expect([other.rendezvous(address(1)), other.rendezvous(address(1))]).toEqual([true, false]);
});

test('BEP 55: with a peer that does not take part nothing is exchanged', () => {
  const { extension, hear, said } = peer();
  extension.rendezvous(address(1));
  extension.withdraw();
  expect(extension.rendezvous(address(2))).toBe(false);
  expect(said()).toEqual([]);
  expect(hear({ type: 'rendezvous', address: address(2) })).toEqual([]);
  expect(hear({ type: 'connect', address: address(2) })).toEqual([]);
});

test.each([
  ['9.9.9.9', ['8.8.8.8']],
  ['192.168.1.2', ['8.8.8.8', '192.168.1.7']],
  ['127.0.0.1', ['8.8.8.8', '192.168.1.7', '127.0.0.1']],
])('a peer at %s can send us to %o and nowhere else', (ip, expected) => {
  const all = ['8.8.8.8', '192.168.1.7', '127.0.0.1', '0.0.0.0', '224.0.0.1', '255.255.255.255'];
  const targets = [...all.map((one) => ({ ip: one, port: 80 })), { ip: '8.8.8.8', port: 0 }, SELF];
  const events = targets.flatMap((target) => peer(ip).hear({ type: 'connect', address: target }));
  const went = events.flatMap((event) => (event.type === 'connect' ? [event.address.ip] : []));
  expect(went).toEqual(expected);
  expect(events.filter((event) => event.type === 'ignored')).toHaveLength(targets.length - expected.length);
});

test.each(['connect', 'rendezvous'] as const)('a flood of %s messages is cut, then ends the connection', (type) => {
  const { clock, hear } = peer();
  let effects = 0;
  let end = '';
  for (let second = 0; second < 600 && end === ''; second++) {
    clock.time = 1_000 * second;
    try {
      effects += hear({ type, address: address(second) }).filter((event) => event.type === type).length;
    } catch (error) {
      end = (error as ProtocolError).code;
    }
  }
  expect(end).toBe('ext-pex/misbehaving');
  expect(effects).toBeLessThanOrEqual(limits.introductions + clock.time / limits.introductionMs);
  const patient = peer();
  for (let round = 0; round < 600; round++) {
    patient.clock.time = limits.introductionMs * round;
    expect(patient.hear({ type, address: address(round) })).toHaveLength(1);
  }
});

test('garbage is an event or an error with a code', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(3), fc.nat(2), (bytes, type, family) => {
      bytes[0] = type;
      bytes[1] = family;
      let events: readonly HolepunchEvent[] = [];
      try {
        events = peer().extension.receive(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
      expect(events.length).toBeLessThanOrEqual(1);
    }),
  );
});

test('BEP 55: the relay tells each of the other', () => {
  const { initiator, target, ask } = relayed();
  expect(ask()).toBe(2);
  expect(initiator.said()).toEqual([{ type: 'connect', address: address(2) }]);
  expect(target.said()).toEqual([{ type: 'connect', address: address(1) }]);
});

test.each([
  ['no-self', SELF],
  ['no-such-peer', { ip: '8.0.0.2', port: 0 }],
  ['no-such-peer', { ip: '239.0.0.1', port: 80 }],
  ['no-such-peer', address(1)],
  ['not-connected', address(2, 80)],
  ['not-connected', address(4)],
  ['no-support', address(3)],
] as const)('BEP 55: the relay answers %s for %o, and tells nobody else', (error, to) => {
  const { initiator, target, outsider, ask } = relayed();
  expect(ask(to)).toBeUndefined();
  expect(initiator.said()).toEqual([{ type: 'error', address: to, error }]);
  expect([target.said(), outsider.said()]).toEqual([[], []]);
});

test.each([
  ['of another family', address6(2)],
  ['in a network of its own', { ip: '192.168.1.7', port: 6_881 }],
])('a target %s cannot be met', (_, at) => {
  const { relay, initiator, target, ask } = relayed();
  relay.join(2, at, target.extension);
  expect(ask(at)).toBeUndefined();
  expect(initiator.said()).toEqual([{ type: 'error', address: at, error: 'no-such-peer' }]);
  expect(target.said()).toEqual([]);
});

test('an initiator in a network of its own is not named to others', () => {
  const { relay, initiator, target, ask } = relayed();
  relay.join(1, { ip: '192.168.1.7', port: 6_881 }, initiator.extension);
  expect(ask()).toBeUndefined();
  expect(target.said()).toEqual([]);
});

test('an initiator that nobody could connect to, and a target that has left, are not introduced', () => {
  const { relay, initiator, ask } = relayed();
  relay.leave(1);
  expect(ask()).toBeUndefined();
  relay.leave(2);
  relay.leave(2);
  expect(ask()).toBeUndefined();
  expect(initiator.said()).toMatchObject([{ error: 'no-such-peer' }, { error: 'not-connected' }]);
});

test('a peer that has moved to another address is found there only', () => {
  const { relay, target, ask } = relayed();
  relay.join(2, address(22), target.extension);
  expect(ask()).toBeUndefined();
  expect(ask(address(22))).toBe(2);
});

test('a target is not bothered without end, however many ask', () => {
  const { clock, target, ask } = relayed();
  let introductions = 0;
  for (let second = 0; second < 60; second++) {
    clock.time = 1_000 * second;
    for (let i = 0; i < 5; i++) if (ask() !== undefined) introductions++;
  }
  expect(introductions).toBeLessThanOrEqual(limits.introductions + 60_000 / limits.introductionMs);
  expect(target.said()).toHaveLength(introductions);
});
