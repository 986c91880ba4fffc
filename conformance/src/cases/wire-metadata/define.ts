/** What the cases of BEP 9 share: metadata of three pieces, and a peer that has it. */
import type { Context } from '../../context.ts';
import type { Writable } from '../../probe/bencode.ts';
import type { Client } from '../../probe/wire/client.ts';
import type { Fixture } from '../../probe/wire/fixture.ts';
import { blockLength, type Extended, ids, readExtended } from '../../probe/wire/messages.ts';
import { type UploadOptions, upload } from '../../probe/wire/uploader.ts';
import type { WireTools } from '../wire/define.ts';
import { type ExtendedLink, extendedLink } from '../wire/extended.ts';

export const gate = 'bep9.advertise';
export const ours = 77;
export const types = { request: 0, data: 1, reject: 2 } as const;
/** Bytes of a key of the info dictionary that makes it longer than two pieces. */
const ballast = 40_000;

export function longTorrent({ torrent, random }: Context & WireTools): Fixture {
  return torrent({ info: { 'x-conformance': random.bytes(ballast) } });
}

/** The target knows only the magnet link. */
export function fetcher(tools: Context & WireTools, fixture: Fixture): Promise<Client> {
  return tools.leeching(fixture, { role: 'magnet' });
}

export function piecesOf(info: Uint8Array): number {
  return Math.ceil(info.length / blockLength);
}

export function metadataPiece(info: Uint8Array, piece: number): Uint8Array {
  return info.subarray(piece * blockLength, (piece + 1) * blockLength);
}

export interface Giving {
  /** What it gives instead of the metadata of the fixture. */
  readonly info?: Uint8Array;
  /** What it says in its handshake besides the names. */
  readonly says?: Readonly<Record<string, Writable>>;
  /** What a request gets; undefined for a reject. */
  readonly answer?: (piece: number, honest: Uint8Array) => Uint8Array | undefined;
  readonly totalSize?: number;
  /** How it gives the data. */
  readonly upload?: UploadOptions;
}

/** A peer that gives metadata, and then the data, if it is asked. Gives the pieces of metadata that were requested. */
export async function give(
  client: Client,
  giving: Giving = {},
): Promise<{ readonly extended: ExtendedLink; readonly asked: readonly number[] }> {
  const { info = client.fixture.info, answer = (_piece, honest) => honest } = giving;
  const says = giving.says ?? { metadata_size: info.length };
  const extended = await extendedLink(client, { m: { ut_metadata: ours }, ...says });
  const asked: number[] = [];
  const reply = ({ id, dictionary }: Extended): void => {
    const piece = dictionary?.get('piece');
    if (id !== ours || dictionary?.get('msg_type') !== types.request || typeof piece !== 'number') return;
    asked.push(piece);
    const theirId = extended.idOf('ut_metadata');
    const data = answer(piece, metadataPiece(info, piece));
    if (data === undefined) extended.send(theirId, { msg_type: types.reject, piece });
    else {
      extended.send(theirId, { msg_type: types.data, piece, total_size: giving.totalSize ?? info.length }, data);
    }
  };
  for (const message of extended.link.take(ids.extended)) reply(readExtended(message));
  extended.link.on((message) => {
    if (message.id === ids.extended) reply(readExtended(message));
  });
  upload(extended.link, client.fixture, giving.upload);
  return { extended, asked };
}

/** As long as the right metadata, with a wrong hash of a piece. */
export function forged({ info }: Fixture): Uint8Array {
  const wrong = Uint8Array.from(info);
  const at = Buffer.from(info).indexOf('6:pieces') + '6:pieces160:'.length;
  for (let byte = at; byte < at + 20; byte++) wrong[byte]! ^= 0xff;
  return wrong;
}
