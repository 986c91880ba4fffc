/** A client that is started with nodes of ours to enter the DHT by, named in its torrent and on its command line. */
import { ourAddress } from '../../addresses.ts';
import type { Context } from '../../context.ts';
import { compareDistance } from '../../probe/dht/ids.ts';
import { asBytes, sameBytes } from '../../probe/dht/krpc.ts';
import { DhtNode, type NodeOptions } from '../../probe/dht/node.ts';
import { Dht } from '../../probe/dht/probe.ts';
import { Client, type LaunchOptions } from '../../probe/wire/client.ts';
import type { Fixture } from '../../probe/wire/fixture.ts';
import { defineCase as define } from '../wire/define.ts';

export const gate = 'bep5.wire.dht-bit';
const named = 8;

export const defineCase: typeof define = (declaration) => define({ gate, ...declaration });

export function node(context: Context, options: NodeOptions = {}): Promise<DhtNode> {
  return DhtNode.open(somewhere(context), context, options);
}

/** Nodes that know each other, and name those that are nearest to what is sought. */
export async function nodes(
  context: Context,
  count: number,
  optionsOf: (at: number) => NodeOptions = () => ({}),
): Promise<readonly DhtNode[]> {
  const all: DhtNode[] = [];
  const names = (target: Uint8Array) =>
    all
      .toSorted((a, b) => compareDistance(target, a.id, b.id))
      .slice(0, named)
      .map((each) => each.contact);
  for (let at = 0; at < count; at++) all.push(await node(context, { names, ...optionsOf(at) }));
  return all;
}

/** Nobody's address is known before the client is started; nodes only have to know that it is on loopback. */
function somewhere(context: Context): Dht {
  return new Dht(context, 'dht', { ip: ourAddress(), port: 1 });
}

export async function entering(
  context: Context,
  entry: DhtNode,
  fixture: Fixture,
  options: Partial<LaunchOptions> = {},
): Promise<Client> {
  const { at } = entry.link;
  const keys = { nodes: [[at.ip, at.port]] };
  return Client.launch(context, { role: 'leecher', fixture, bootstrap: at, keys, ...options });
}

/** What a node was asked about a torrent. */
export function askedAbout({ asked }: DhtNode, { infoHash }: Fixture, method?: string): DhtNode['asked'] {
  return asked.filter(
    (each) => (method ?? each.method) === each.method && sameBytes(asBytes(each.body.get('info_hash')), infoHash),
  );
}
