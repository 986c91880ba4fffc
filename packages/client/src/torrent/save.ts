/** Resume data is written while something changes, at most every few seconds, and once more at the end. */

import { limits } from '../limits.ts';
import { encodeResume } from '../resume.ts';
import type { Swarm } from './swarm.ts';

/** Undefined: the user wants none. */
export function resumePath(swarm: Swarm): string | undefined {
  const { resumeFile, path } = swarm.options;
  if (resumeFile === false) return undefined;
  return resumeFile ?? `${path}/.ferro/${swarm.infoHash.hex}.resume`;
}

/** Something is worth writing down. */
export function markDirty(swarm: Swarm): void {
  if (swarm.resumeDirty) return;
  swarm.resumeDirty = true;
  swarm.schedule('save', swarm.now + limits.resumeMs);
}

/** `clean`: nothing more will be written to the files by us, so what is not marked here is not there. */
export function save(swarm: Swarm, clean: boolean, done: () => void = () => {}): void {
  const content = swarm.content;
  const path = resumePath(swarm);
  swarm.schedule('save', Number.POSITIVE_INFINITY);
  if (content === undefined || path === undefined || swarm.state === 'checking') return done();
  swarm.resumeDirty = false;
  // The bits first: what is verified before the files are looked at is true of them.
  const pieces = content.picker.bits().bytes.slice();
  content.storage.stat((files) => {
    swarm.engine.step(() => {
      const bytes = encodeResume({
        infoHash: swarm.infoHash.bytes,
        pieces,
        files,
        clean,
        downloaded: swarm.down.total,
        uploaded: swarm.up.total,
      });
      swarm.host.replaceFile(path, bytes, done);
    });
  });
}
