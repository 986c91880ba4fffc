/** Routers: who is seen as whom, and who gets in (RFC 4787). */
import { expect, test } from 'vitest';
import { Ear } from '../../core/test/ear.ts';
import { type NatModel, type SimulatedHost, Simulation } from '../src/index.ts';

const PUBLIC = '203.0.113.1';

function home(model: NatModel) {
  const sim = new Simulation({ seed: 4, link: { latency: 5 } });
  const nat = sim.nat(PUBLIC, model);
  const inside = sim.host('192.168.0.2', { nat });
  const servers = ['198.51.100.1', '198.51.100.2'].map((ip) => sim.host(ip));
  return { sim, nat, inside, servers };
}

function socket(host: SimulatedHost, port: number) {
  const from: string[] = [];
  const bound = host.bind(
    { port },
    {
      receive: (datagrams) => {
        for (const { address } of datagrams) from.push(`${address.ip}:${address.port}`);
      },
    },
  );
  const send = (ip: string, to: number | string) => {
    bound.send([{ bytes: Uint8Array.of(1), address: { ip, port: Number(to) } }]);
  };
  return { from, send };
}

const portOf = (address: string | undefined) => Number(address?.split(':')[1]);

test('a cone shows one port to all, a symmetric router another to each', () => {
  const ports = (type: NatModel['type']) => {
    const { sim, inside, servers } = home({ type });
    const client = socket(inside, 6881);
    const boxes = servers.map((server) => socket(server, 1000));
    for (const { ip } of servers) client.send(ip, 1000);
    sim.run(Number.POSITIVE_INFINITY);
    expect(boxes.every(({ from }) => from[0]?.startsWith(`${PUBLIC}:`))).toBe(true);
    return boxes.map(({ from }) => portOf(from[0]));
  };
  const [one, same] = ports('cone');
  expect(one).toBe(same);
  const [first, second] = ports('symmetric');
  expect(first).not.toBe(second);
});

test.each([
  ['endpoint', [1, 0, 0]],
  ['ip', [1, 1, 0]],
  ['any', [1, 1, 1]],
] as const)('filtering %s lets in as many as it should', (filtering, expected) => {
  const { sim, inside, servers } = home({ type: 'cone', filtering });
  const client = socket(inside, 6881);
  const asked = socket(servers[0]!, 1000);
  client.send(servers[0]!.ip, 1000);
  sim.run(Number.POSITIVE_INFINITY);
  const port = portOf(asked.from[0]);
  const others = [socket(servers[0]!, 1001), socket(servers[1]!, 1000)];
  const heard: number[] = [];
  for (const sender of [asked, ...others]) {
    const before = client.from.length;
    sender.send(PUBLIC, port);
    sim.run(Number.POSITIVE_INFINITY);
    heard.push(client.from.length - before);
  }
  expect(heard).toEqual(expected);
});

test('a mapping is forgotten when it is not used, and kept by sending', () => {
  const { sim, inside, servers } = home({ type: 'cone', mappingMs: 30_000 });
  const client = socket(inside, 6881);
  const server = socket(servers[0]!, 1000);
  const reach = () => {
    const before = client.from.length;
    server.send(PUBLIC, portOf(server.from.at(-1)));
    sim.run(sim.now + 100);
    return client.from.length > before;
  };
  client.send(servers[0]!.ip, 1000);
  sim.run(25_000);
  client.send(servers[0]!.ip, 1000);
  sim.run(50_000);
  expect(reach()).toBe(true);
  sim.run(90_000);
  expect(reach()).toBe(false);
});

test('two hosts behind cones reach each other when both send, as hole punching does', () => {
  const sim = new Simulation({ seed: 4, link: { latency: 5 } });
  const rendezvous = socket(sim.host('198.51.100.1'), 1000);
  const homes = [1, 2].map((i) => {
    const nat = sim.nat(`203.0.113.${i}`, { type: 'cone' });
    return socket(sim.host('192.168.0.2', { nat }), 6881);
  });
  for (const one of homes) one.send('198.51.100.1', 1000);
  sim.run(Number.POSITIVE_INFINITY);
  const seen = rendezvous.from.map((text) => text.split(':') as [string, string]);
  homes[0]!.send(...seen[1]!);
  sim.run(Number.POSITIVE_INFINITY);
  expect(homes[1]!.from).toEqual([]);
  homes[1]!.send(...seen[0]!);
  homes[0]!.send(...seen[1]!);
  sim.run(Number.POSITIVE_INFINITY);
  expect(homes[0]!.from).toEqual([rendezvous.from[1]]);
  expect(homes[1]!.from).toEqual([rendezvous.from[0]]);
});

test('streams go out with the public address, and come in only through a forwarded port', () => {
  const { sim, nat, inside, servers } = home({ type: 'cone' });
  const accepted: string[] = [];
  const listen = (host: SimulatedHost) =>
    host.listen(
      { port: 6881 },
      {
        accept: (stream) => {
          accepted.push(stream.remote.ip);
          return new Ear();
        },
      },
    );
  listen(servers[0]!);
  listen(inside);
  const out = new Ear();
  inside.connect({ ip: servers[0]!.ip, port: 6881 }, out);
  const refused = new Ear();
  servers[0]!.connect({ ip: PUBLIC, port: 6881 }, refused);
  sim.run(() => out.isOpen && refused.isClosed);
  expect(accepted).toEqual([PUBLIC]);
  nat.forward(6881, { ip: '192.168.0.2', port: 6881 });
  const forwarded = new Ear();
  servers[0]!.connect({ ip: PUBLIC, port: 6881 }, forwarded);
  expect(sim.run(() => forwarded.isOpen)).toBe(true);
  expect(accepted).toEqual([PUBLIC, servers[0]!.ip]);
});

test('a port that a stream went out by lets no connection in', () => {
  const { sim, inside, servers } = home({ type: 'cone', filtering: 'any' });
  const accepted: number[] = [];
  servers[0]!.listen(
    { port: 6881 },
    {
      accept: (stream) => {
        accepted.push(stream.remote.port);
        return new Ear();
      },
    },
  );
  inside.connect({ ip: servers[0]!.ip, port: 6881 }, new Ear());
  sim.run(() => accepted.length === 1);
  const back = new Ear();
  servers[0]!.connect({ ip: PUBLIC, port: accepted[0]! }, back);
  sim.run(() => back.isClosed);
  expect(back.error?.message).toContain('nobody answers');
});

test('hosts behind one router reach each other by their private addresses, strangers do not', () => {
  const { sim, nat, inside, servers } = home({ type: 'cone' });
  const neighbour = socket(sim.host('192.168.0.3', { nat }), 1000);
  const other = sim.nat('203.0.113.2', { type: 'cone' });
  const stranger = socket(sim.host('192.168.0.3', { nat: other }), 1000);
  const client = socket(inside, 6881);
  client.send('192.168.0.3', 1000);
  socket(servers[0]!, 1000).send('192.168.0.2', 6881);
  sim.run(Number.POSITIVE_INFINITY);
  expect(neighbour.from).toEqual(['192.168.0.2:6881']);
  expect(stranger.from).toEqual([]);
  expect(client.from).toEqual([]);
});

test('the router of a partition stands for all behind it', () => {
  const { sim, inside, servers } = home({ type: 'cone' });
  sim.partition([PUBLIC], [servers[0]!.ip]);
  const server = socket(servers[0]!, 1000);
  socket(inside, 6881).send(servers[0]!.ip, 1000);
  sim.run(Number.POSITIVE_INFINITY);
  expect(server.from).toEqual([]);
});
