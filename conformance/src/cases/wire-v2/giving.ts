/** Peers of ours that have a torrent of version 2, hash trees and all. */
import type { Client } from '../../probe/wire/client.ts';
import type { Fixture2 } from '../../probe/wire/fixture-version2.ts';
import { type Giving, giveHashes } from '../../probe/wire/hash-giver.ts';
import type { PeerLink } from '../../probe/wire/link.ts';
import type { Block } from '../../probe/wire/messages.ts';
import { type UploadOptions, upload } from '../../probe/wire/uploader.ts';
import { give } from '../wire-metadata/define.ts';

export interface Giver {
  readonly link: PeerLink;
  readonly requests: readonly Block[];
}

export async function giver(client: Client, fixture: Fixture2, options: UploadOptions = {}): Promise<Giver> {
  const link = await client.dial();
  giveHashes(link, fixture);
  return { link, requests: upload(link, fixture, filled(options)) };
}

/** Some ask for whole blocks where a file ends, and take zeros for what is behind it; libtorrent does, and gives the same to others. */
function filled({ answer = (_block, honest) => honest, ...options }: UploadOptions): UploadOptions {
  return {
    ...options,
    answer: (block, honest) => {
      const given = answer(block, honest);
      return given === undefined ? undefined : Buffer.concat([given, new Uint8Array(block.length - given.length)]);
    },
  };
}

/** Between two tries to come again: a torrent that begins anew is not there for a moment. */
const againMs = 300;

/** Has the metadata, too, and comes again where it is hung up on: some begin anew once they know what a magnet link is about. */
export function persistentGiver(client: Client, fixture: Fixture2, giving?: Giving): void {
  let isOver = false;
  const live = async (): Promise<void> => {
    while (!isOver && client.end === undefined) {
      const given = await give(client, { upload: filled({}) }).catch(() => undefined);
      // Registered behind the link, so that it is over before the link is closed.
      client.context.after(() => {
        isOver = true;
      });
      if (given !== undefined) giveHashes(given.extended.link, fixture, giving);
      await given?.extended.link.settles(() => isOver, client.within(60_000));
      await new Promise((resolve) => setTimeout(resolve, againMs));
    }
  };
  void live();
}
