/** What the cases of BEP 6 share: a link on which both sides speak it. */
import type { Client } from '../../probe/wire/client.ts';
import type { PeerLink } from '../../probe/wire/link.ts';
import { ids, reservedWith } from '../../probe/wire/messages.ts';

export const gate = 'bep6.bit-set';
export const firsts: readonly number[] = [ids.bitfield, ids.haveAll, ids.haveNone];

/** Says that we have nothing, unless told otherwise. */
export async function fastLink(client: Client, first: number | 'nothing' = ids.haveNone): Promise<PeerLink> {
  const link = await client.dial({ reserved: reservedWith('fast') });
  if (first !== 'nothing') link.send(first);
  return link;
}

/** The ids, in order, of what it said about its pieces in place of a bitfield or as one. */
export function firstsOf(link: PeerLink): readonly number[] {
  return link.all.flatMap(({ id }) => (id !== undefined && firsts.includes(id) ? [id] : []));
}
