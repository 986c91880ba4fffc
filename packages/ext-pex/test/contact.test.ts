import type { ExtendedHandshake } from '@ferro/wire';
import { expect, test } from 'vitest';
import { contactOf, decodePexFlags } from '../src/index.ts';

const remote = { ip: '8.0.0.1', port: 50_000 };
const handshake: ExtendedHandshake = { ids: new Map(), port: 6_881, dictionary: {} };

test('BEP 11: who connected to us over TCP is told of with the port that it listens on, or not at all', () => {
  const met = { remote, transport: 'tcp', incoming: true } as const;
  expect(contactOf({ ...met, handshake })?.address).toEqual({ ip: '8.0.0.1', port: 6_881 });
  expect(contactOf({ ...met, handshake: { ids: new Map(), dictionary: {} } })).toBeUndefined();
  expect(contactOf(met)).toBeUndefined();
});

test('BEP 11: whom we connected to is told of as we reached it', () => {
  const contact = contactOf({ remote, transport: 'tcp', incoming: false, handshake });
  expect(contact).toEqual({ address: remote, flags: decodePexFlags(0x10) });
});

test('BEP 55: who connected to us over uTP is told of with the port that its router shows', () => {
  expect(contactOf({ remote, transport: 'utp', incoming: true, handshake })?.address).toEqual(remote);
});

test('BEP 11: the flags say what the peer said of itself', () => {
  const flagsOf = (more: Partial<ExtendedHandshake>, seed = false) =>
    contactOf({ remote, transport: 'utp', incoming: true, handshake: { ...handshake, ...more }, seed })?.flags;
  expect(flagsOf({})).toEqual(decodePexFlags(0x04));
  expect(flagsOf({ dictionary: { e: 1 } })).toEqual(decodePexFlags(0x05));
  expect(flagsOf({ uploadOnly: true })).toEqual(decodePexFlags(0x06));
  expect(flagsOf({}, true)).toEqual(decodePexFlags(0x06));
  expect(flagsOf({ ids: new Map([['ut_holepunch', 3]]) })).toEqual(decodePexFlags(0x0c));
  expect(flagsOf({ ids: new Map([['ut_holepunch', 0]]) })).toEqual(decodePexFlags(0x04));
});
