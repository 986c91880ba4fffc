/** A link on which both sides speak extended messages (BEP 10), shared by the families that are about them. */
import type { Context } from '../../context.ts';
import type { Bencoded, BencodedMap, Writable } from '../../probe/bencode.ts';
import type { Client } from '../../probe/wire/client.ts';
import type { PeerLink } from '../../probe/wire/link.ts';
import { type bits, type Extended, ids, readExtended, reservedWith, writeExtended } from '../../probe/wire/messages.ts';

export interface ExtendedLink {
  readonly link: PeerLink;
  /** Its handshake. */
  readonly theirs: Extended;
  /** The id that it takes an extension by. */
  idOf(name: string): number;
  /** The next message under one of our ids. */
  next(id: number, fits?: (extended: Extended) => boolean, ms?: number): Promise<Extended>;
  send(id: number, dictionary: Writable, rest?: Uint8Array): void;
}

export async function extendedLink(
  client: Client,
  offer: Writable = { m: {} },
  ...more: (keyof typeof bits)[]
): Promise<ExtendedLink> {
  const link = await client.dial({ reserved: reservedWith('extended', ...more) });
  link.sendRaw(writeExtended(0, offer), 'extended handshake');
  const theirs = readExtended(await link.next(ids.extended, ({ payload }) => payload[0] === 0));
  return {
    link,
    theirs,
    idOf: (name) => namesIn(theirs.dictionary).get(name) ?? 0,
    send: (id, dictionary, rest) => link.sendRaw(writeExtended(id, dictionary, rest), `extended ${id}`),
    next: async (id, fits = () => true, ms) => {
      const right = (payload: Uint8Array) => payload[0] === id && fits(readExtended({ id: ids.extended, payload }));
      return readExtended(await link.next(ids.extended, ({ payload }) => right(payload), ms));
    },
  };
}

/** The ids in `m` that are numbers. */
export function namesIn(dictionary: BencodedMap | undefined): ReadonlyMap<string, number> {
  const names = dictionary?.get('m');
  const entries = names instanceof Map ? [...(names as ReadonlyMap<string, Bencoded>)] : [];
  return new Map(entries.flatMap(([name, id]) => (typeof id === 'number' ? [[name, id] as const] : [])));
}

/** The id of an extension, or the end of the case where it does not have it. */
export function needed({ unsupported }: Pick<Context, 'unsupported'>, extended: ExtendedLink, name: string): number {
  const id = extended.idOf(name);
  return id > 0 ? id : unsupported(`it does not offer ${name}`);
}
