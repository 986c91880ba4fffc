/** Torrents of several files, a peer that gives all of them, and what is on disk afterwards. */
import { lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Context } from '../../context.ts';
import { Client, freshRoot } from '../../probe/wire/client.ts';
import { allPieces, type Fixture } from '../../probe/wire/fixture.ts';
import { ids, indexOf } from '../../probe/wire/messages.ts';
import { upload } from '../../probe/wire/uploader.ts';

export interface Found {
  /** From the folder that holds everything of the case. */
  readonly path: string;
  readonly kind: 'file' | 'link';
  readonly data: Uint8Array;
}

export interface Aftermath {
  /** Undefined where it does not take the torrent. */
  readonly client: Client | undefined;
  readonly root: string;
  /** Of the folder that it was given. */
  readonly inside: readonly Found[];
  readonly outside: readonly string[];
}

/** How long a program may take for a few pieces that it is given at once. */
const fetchMs = 8_000;

/** Downloads with a peer of ours, and waits until it has told of all pieces, or for as long as that takes. */
export async function downloaded(context: Context, fixture: Fixture): Promise<Aftermath> {
  // A level deeper, so that what leads out by one or two steps is still ours to see.
  const top = freshRoot(context);
  const root = join(top, 'root');
  mkdirSync(root);
  const client = await Client.tryLaunch(context, { role: 'leecher', fixture, root });
  if (client !== undefined) await give(client, fixture);
  if (client !== undefined) {
    await context.quiet(
      () => [],
      () => client.answers(),
    );
  }
  const all = found(top, top);
  const isInside = ({ path }: Found) => path.startsWith(join('root', 'data', '/'));
  const outside = all.filter((each) => !isInside(each)).map(({ path }) => path);
  return {
    client,
    root,
    inside: all.filter(isInside),
    outside: outside.filter((path) => path !== 'root/case.torrent'),
  };
}

async function give(client: Client, fixture: Fixture): Promise<void> {
  const link = await client.dial();
  upload(link, fixture);
  const told = () => new Set(link.all.filter(({ id }) => id === ids.have).map(indexOf));
  const reference = client.context.target.advance !== undefined;
  await link.settles(() => allPieces(fixture).every((piece) => told().has(piece)), reference ? 500 : fetchMs);
}

function found(folder: string, root: string): readonly Found[] {
  return readdirSync(folder).flatMap((name): readonly Found[] => {
    const at = join(folder, name);
    const path = relative(root, at);
    const stat = lstatSync(at);
    if (stat.isSymbolicLink()) return [{ path, kind: 'link', data: new Uint8Array() }];
    return stat.isDirectory() ? found(at, root) : [{ path, kind: 'file', data: new Uint8Array(readFileSync(at)) }];
  });
}
