/** Waits until files of a torrent are on disk as the torrent describes them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Context, initiativeMs } from '../../context.ts';
import { Finding } from '../../finding.ts';
import { limits } from '../../limits.ts';
import type { Session } from '../../probe/announce/session.ts';
import type { Fixture, FixtureFile } from '../../probe/wire/fixture.ts';

/** Some begin anew when they have the metadata, and look at their peers every ten seconds. */
const fetchMs = 25_000;
/** Our own reference does everything at once, and shares its process with many others. */
const referenceMs = 8_000;

export async function onDisk(
  { target, patience, signal, timeline }: Context,
  session: Session,
  { name, data: whole, files = [{ path: [], length: whole.length, data: whole }] }: Fixture,
  wanted: readonly number[],
  because = '',
): Promise<void> {
  const isRight = ({ path, data }: FixtureFile) => {
    const found = bytesAt(join(session.folder, name, ...path));
    return found !== undefined && Buffer.compare(found, data) === 0;
  };
  const ms = target.advance === undefined ? Math.max(fetchMs, initiativeMs(patience)) : referenceMs;
  const until = performance.now() + ms;
  const missing = () => wanted.filter((at) => !isRight(files[at]!));
  while (missing().length > 0) {
    if (performance.now() > until || session.end !== undefined || signal.aborted) {
      throw new Finding(
        `files ${wanted.join(', ')}${because}`,
        'that they are on disk',
        `${missing().join(', ')} not in ${ms} ms`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, limits.lookMs));
  }
  timeline.note('target', `files ${wanted.join(', ')} are on disk`);
}

function bytesAt(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
