/** Peers around a client that exchanges peers, each at an address of its own, and what the client tells one of them (BEP 11). */
import type { Context } from '../../context.ts';
import { Finding } from '../../finding.ts';
import type { Bencoded, BencodedMap } from '../../probe/bencode.ts';
import { readCompact } from '../../probe/endpoint.ts';
import type { Client } from '../../probe/wire/client.ts';
import type { PeerLink } from '../../probe/wire/link.ts';
import { ids, type Message, readExtended } from '../../probe/wire/messages.ts';
import type { Endpoint } from '../../target/target.ts';
import { type ExtendedLink, extendedLink, needed } from '../wire/extended.ts';

export const pexId = 44;
/** Somewhat more than the longest pause between two messages of programs that are often met. */
const messageMs = 95_000;
const stepMs = 5_000;

/** A peer that takes peers, and says at which port it listens. */
export async function watcher(tools: Context, client: Client, port = 7_001): Promise<ExtendedLink> {
  const link = await extendedLink(client, { m: { ut_pex: pexId }, p: port }, 'fast');
  link.link.send(ids.haveNone);
  needed(tools, link, 'ut_pex');
  return link;
}

/** A peer that others may be told of. */
export async function member(client: Client, port: number, pieces: 'none' | 'all' = 'none'): Promise<Member> {
  const { link } = await extendedLink(client, { m: {}, p: port }, 'fast');
  link.send(pieces === 'all' ? ids.haveAll : ids.haveNone);
  return { link, at: { ip: link.ip, port } };
}

export interface Member {
  readonly link: PeerLink;
  readonly at: Endpoint;
}

export interface Told {
  readonly keys: BencodedMap;
  readonly added: readonly Endpoint[];
  readonly dropped: readonly Endpoint[];
}

export function messagesTo({ link }: ExtendedLink): readonly Told[] {
  return link.all.filter(isPex).map(toldIn);
}

/** Waits until it has told so; a finding if it does not within somewhat more than a minute and a half. */
export async function tells(
  tools: Context,
  to: ExtendedLink,
  what: string,
  fits: (told: Told) => boolean = () => true,
): Promise<Told> {
  for (let waited = 0; ; waited += stepMs) {
    const found = messagesTo(to).find(fits);
    if (found !== undefined) return found;
    if (waited >= messageMs) throw new Finding(what, 'that it comes', `nothing in ${messageMs / 1_000} s`);
    await tools.elapse(stepMs);
    // Time of the reference passes at once, its messages do not.
    if (tools.target.advance !== undefined) await to.link.settles(() => messagesTo(to).some(fits), 5);
  }
}

export function lists(contacts: readonly Endpoint[], { ip, port }: Endpoint): boolean {
  return contacts.some((each) => each.ip === ip && each.port === port);
}

/** Of the contact with this port. */
export function flagsOf({ keys, added }: Told, port: number): number {
  const flags = keys.get('added.f');
  const at = added.findIndex((each) => each.port === port);
  return flags instanceof Uint8Array ? (flags[at] ?? 0) : 0;
}

export function lengthOf(value: Bencoded | undefined): number | undefined {
  return value instanceof Uint8Array ? value.length : undefined;
}

function isPex({ id, payload }: Message): boolean {
  return id === ids.extended && payload[0] === pexId;
}

function toldIn(each: Message): Told {
  const keys = readExtended(each).dictionary ?? new Map<string, Bencoded>();
  const contacts = (name: string) => {
    const value = keys.get(name);
    return value instanceof Uint8Array ? readCompact(value) : [];
  };
  return { keys, added: contacts('added'), dropped: contacts('dropped') };
}
