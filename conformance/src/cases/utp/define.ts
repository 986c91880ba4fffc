/** A seeder, and uTP connections to it: what all cases about uTP begin with. */
import { ourAddress } from '../../addresses.ts';
import type { Context } from '../../context.ts';
import { DatagramLink } from '../../probe/datagrams.ts';
import { type Opening, UtpLink } from '../../probe/utp/link.ts';
import { describePacket } from '../../probe/utp/packets.ts';
import type { Client } from '../../probe/wire/client.ts';
import type { FixtureOptions } from '../../probe/wire/fixture.ts';
import { type Block, blockLength, ids, message } from '../../probe/wire/messages.ts';
import type { Endpoint } from '../../target/target.ts';
import { chokerMs, defineCase as define, type WireTools } from '../wire/define.ts';

export const gate = 'bep29.connect.syn-answered';

export const defineCase: typeof define = (declaration) => define({ gate, ...declaration });

export interface Connected {
  readonly client: Client;
  readonly link: UtpLink;
}

/** Opened, and nothing said yet. */
export async function connected(tools: Context & WireTools, opening: Opening = {}): Promise<Connected> {
  const client = await tools.seeding();
  return { client, link: await UtpLink.connect(tools, client.running.at, opening) };
}

/** The handshake is done. */
export async function greeted(
  tools: Context & WireTools,
  options: FixtureOptions = {},
  opening: Opening = {},
): Promise<Connected> {
  const client = await tools.seeding(tools.torrent(options));
  const link = await UtpLink.connect(tools, client.running.at, opening);
  await link.greet(client.fixture.infoHash);
  return { client, link };
}

/** And we may ask. */
export async function asking(
  tools: Context & WireTools,
  options: FixtureOptions = {},
  opening: Opening = {},
): Promise<Connected> {
  const { client, link } = await greeted(tools, options, opening);
  await link.unchoked(client.within(chokerMs));
  return { client, link };
}

export function requestOf({ index, begin, length }: Block): Uint8Array {
  return message(ids.request, index, begin, length);
}

export function blockAt(index: number): Block {
  return { index, begin: 0, length: blockLength };
}

export function piecesOn(link: UtpLink): number {
  return link.messages.filter(({ id }) => id === ids.piece).length;
}

/** A window has passed, and somebody else was answered over uTP. */
export async function stillSpeaks(tools: Context, client: Client): Promise<void> {
  await tools.quiet(
    () => [],
    () => UtpLink.connect(tools, client.running.at),
  );
}

/** A place where a client may call by uTP, and by nothing else. */
export function callee(context: Context, ip: string): Promise<DatagramLink> {
  const nobody: Endpoint = { ip: ourAddress(), port: 1 };
  return DatagramLink.open(context, nobody, describePacket, ip);
}
