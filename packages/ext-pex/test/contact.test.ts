import { expect, test } from 'vitest';
import { contactOf, decodePexFlags } from '../src/index.ts';

const remote = { ip: '8.0.0.1', port: 50_000 };

test('BEP 11: who connected to us over TCP is told of with the port that it listens on, or not at all', () => {
  const met = { remote, transport: 'tcp', incoming: true } as const;
  expect(contactOf({ ...met, port: 6_881 })).toEqual({
    address: { ip: '8.0.0.1', port: 6_881 },
    flags: decodePexFlags(0),
  });
  expect(contactOf(met)).toBeUndefined();
});

test('BEP 11: whom we connected to is told of as we reached it', () => {
  const contact = contactOf({ remote, transport: 'tcp', incoming: false, port: 6_881 });
  expect(contact).toEqual({ address: remote, flags: decodePexFlags(0x10) });
});

test('BEP 55: who connected to us over uTP is told of with the port that its router shows', () => {
  const contact = contactOf({ remote, transport: 'utp', incoming: true, port: 6_881 });
  expect(contact).toEqual({ address: remote, flags: decodePexFlags(0x04) });
});

test('BEP 11: the flags say what is known of the peer', () => {
  const met = { remote, transport: 'utp', incoming: false } as const;
  expect(contactOf({ ...met, encryption: true, seed: true, holepunch: true })?.flags).toEqual(decodePexFlags(0x1f));
});
