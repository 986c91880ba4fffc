import { expect, test } from 'vitest';
import { decodePexMessage, limits } from '../src/index.ts';
import { address, address6, addresses, Connection, join, peerAt, peers } from './world.ts';

test('BEP 11: the first message tells of all, a while after the handshake; then one a minute tells what has changed', () => {
  const connection = new Connection();
  const [first, second, third] = peers(3).map((peer) => join(connection.roster, peer));
  const [opening, ...more] = connection.until(59_000);
  expect(opening).toMatchObject({ at: limits.firstMs, message: { added: peers(3), dropped: [] } });
  expect(more).toEqual([]);
  second!.leave();
  join(connection.roster, peerAt(address(9)));
  expect(connection.until(limits.firstMs + 59_999)).toEqual([]);
  expect(connection.until(120_000)).toEqual([
    { at: limits.firstMs + 60_000, message: { added: [peerAt(address(9))], dropped: [address(2)] } },
  ]);
  first!.leave();
  third!.leave();
  expect(connection.until(180_000)).toMatchObject([{ message: { added: [], dropped: [address(1), address(3)] } }]);
  expect(connection.until(3_600_000)).toEqual([]);
});

test('BEP 11: who comes when there was nothing to tell is told of soon, not in a minute', () => {
  const connection = new Connection();
  expect(connection.until(62_000)).toEqual([]);
  join(connection.roster, peerAt(address(1)));
  const [sent] = connection.until(90_000);
  expect(sent!.at).toBeLessThanOrEqual(62_000 + limits.lookMs);
});

test('BEP 11: no more than 50 are added and 50 dropped in a message, and all in the end', () => {
  const connection = new Connection();
  const all = peers(270).map((peer) => join(connection.roster, peer));
  const added = connection.until(300_000).map(({ message }) => message.added.length);
  expect(added).toEqual([limits.addedFirst, 50, 50, 50, 20]);
  for (const one of all) one.leave();
  const dropped = connection.until(900_000).map(({ message }) => message.dropped.length);
  expect(dropped).toEqual([50, 50, 50, 50, 50, 20]);
});

test('BEP 11: both families count together', () => {
  const connection = new Connection();
  connection.until(60_000);
  join(connection.roster, peerAt(address(0)));
  connection.until(120_000);
  for (let i = 1; i <= 30; i++) {
    join(connection.roster, peerAt(address(i)));
    join(connection.roster, peerAt(address6(i)));
  }
  expect(connection.until(300_000).map(({ message }) => message.added.length)).toEqual([50, 10]);
});

test('BEP 11: who came and went between two messages is not mentioned, nor who went and came back', () => {
  const connection = new Connection();
  const stays = join(connection.roster, peerAt(address(1)));
  connection.until(30_000);
  join(connection.roster, peerAt(address(2))).leave();
  stays.leave();
  join(connection.roster, peerAt(address(1)));
  expect(connection.until(600_000)).toEqual([]);
});

test('a peer is not told of itself, and after it has left nobody is told of it', () => {
  const one = new Connection('8.0.0.1');
  const two = new Connection('8.0.0.2', one.clock, one.roster);
  one.extension.join(peerAt(address(1)));
  two.extension.join(peerAt(address(2)));
  expect(one.until(60_000)).toMatchObject([{ message: { added: [peerAt(address(2))] } }]);
  one.clock.time = 0;
  expect(two.until(60_000)).toMatchObject([{ message: { added: [peerAt(address(1))] } }]);
  one.extension.leave();
  one.extension.leave();
  expect(two.until(180_000)).toMatchObject([{ message: { added: [], dropped: [address(1)] } }]);
});

test('a contact that turns out to have another port is told of with that', () => {
  const connection = new Connection();
  const other = new Connection('8.0.0.1', connection.clock, connection.roster);
  other.extension.join(peerAt(address(1, 1000)));
  other.extension.join(peerAt(address(1, 2000), 2));
  expect(connection.until(60_000)).toMatchObject([{ message: { added: [peerAt(address(1, 2000), 2)] } }]);
});

test('of two connections to one address the end of the first does not end the second', () => {
  const connection = new Connection();
  const first = new Connection('8.0.0.1', connection.clock, connection.roster);
  const second = new Connection('8.0.0.1', connection.clock, connection.roster);
  first.extension.join(peerAt(address(1)));
  second.extension.join(peerAt(address(1)));
  first.extension.leave();
  expect(connection.until(60_000)).toMatchObject([{ message: { added: [peerAt(address(1))] } }]);
});

test('BEP 11: addresses of a local network are told inside it only, loopback ones on this machine only', () => {
  const all = ['8.8.8.8', '192.168.1.7', '127.0.0.1'].map((ip) => ({ ip, port: 6_881 }));
  const told = (ip: string) => {
    const connection = new Connection(ip);
    for (const at of all) join(connection.roster, peerAt(at));
    return connection.until(60_000).flatMap(({ message }) => addresses(message.added));
  };
  expect(told('9.9.9.9')).toEqual(all.slice(0, 1));
  expect(told('192.168.1.2')).toEqual(all.slice(0, 2));
  expect(told('127.0.0.1')).toEqual(all);
});

test('BEP 10: nothing is said to who does not listen, or no more', () => {
  const connection = new Connection();
  join(connection.roster, peerAt(address(1)));
  connection.extension.withdraw();
  expect(connection.extension.deadline).toBe(Number.POSITIVE_INFINITY);
  connection.extension.accept();
  expect(connection.until(60_000)).toHaveLength(1);
});

test('a message that waits behind a full stream stays as it is, and the minute counts from when it leaves', () => {
  const { clock, roster, extension } = new Connection();
  join(roster, peerAt(address(1)));
  for (; clock.time < 200_000; clock.time = extension.deadline) {
    extension.tick();
    if (clock.time > 100_000) join(roster, peerAt(address(2)));
  }
  expect(extension.flush().map(decodePexMessage)).toEqual([{ added: [peerAt(address(1))], dropped: [] }]);
  expect(extension.deadline).toBe(clock.time + limits.intervalMs);
});

test('BEP 11, underpopulated lists: a peer let go in peace is told of once, and dropped in the next message', () => {
  const connection = new Connection();
  join(connection.roster, peerAt(address(1))).leave(true);
  join(connection.roster, peerAt(address(2))).leave();
  const sent = connection.until(600_000).map(({ message }) => message);
  expect(sent).toEqual([
    { added: [peerAt(address(1))], dropped: [] },
    { added: [], dropped: [address(1)] },
  ]);
});

test('BEP 11, underpopulated lists: who was told as live is dropped, not told of again', () => {
  const connection = new Connection();
  const peer = join(connection.roster, peerAt(address(1)));
  connection.until(60_000);
  peer.leave(true);
  const sent = connection.until(600_000).map(({ message }) => message);
  expect(sent).toEqual([{ added: [], dropped: [address(1)] }]);
});

test('BEP 11, underpopulated lists: only while fewer than 25 are live, and the last 25 at most', () => {
  const connection = new Connection();
  for (const peer of peers(40)) join(connection.roster, peer).leave(true);
  const [first] = connection.until(60_000);
  expect(addresses(first!.message.added)).toEqual(addresses(peers(25, 16)));
  const crowded = new Connection();
  for (const peer of peers(25, 1000)) join(crowded.roster, peer);
  join(crowded.roster, peerAt(address(1))).leave(true);
  join(crowded.roster, peerAt(address6(1))).leave(true);
  const [only] = crowded.until(60_000);
  expect(addresses(only!.message.added)).toEqual([...addresses(peers(25, 1000)), address6(1)]);
});
