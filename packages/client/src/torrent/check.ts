/**
 * What is on the disk already? Resume data answers at once for files that have not changed since; everything else that exists
 * is hashed. A file that vanishes while we seed is noticed when it is read, and its pieces are looked at again (BEP 3, pieces).
 */
import type { FileStamp } from '@ferro/core';
import type { Layout } from '@ferro/metainfo';
import { Bitfield } from '@ferro/wire';
import { limits } from '../limits.ts';
import { decodeResume, type ResumeData, sameStamp } from '../resume.ts';
import { sayHaves } from './request.ts';
import { resumePath } from './save.ts';
import type { Content, Swarm } from './swarm.ts';

/** Looks at the files. `trust`: believe resume data where the files are unchanged. */
export function startChecking(swarm: Swarm, trust: boolean, done: () => void): void {
  const content = swarm.content!;
  swarm.state = 'checking';
  swarm.checked = 0;
  const still = () => swarm.content === content && swarm.state === 'checking';
  readResume(swarm, content, trust, (resume) => {
    if (!still()) return;
    content.storage.stat((stamps) => {
      swarm.engine.step(() => {
        if (still()) hashAll(swarm, content, compare(swarm, content, resume, stamps), done);
      });
    });
  });
}

function readResume(
  swarm: Swarm,
  content: Content,
  trust: boolean,
  then: (resume: ResumeData | undefined) => void,
): void {
  const path = resumePath(swarm);
  if (path === undefined || !trust) return then(undefined);
  swarm.host.readFile(path, limits.resumeLength, (answer) => {
    swarm.engine.step(() => {
      if (!(answer instanceof Uint8Array)) return then(undefined);
      then(
        decodeResume(answer, {
          infoHash: swarm.infoHash.bytes,
          pieceCount: content.metainfo.pieceCount,
          fileCount: content.layout.files.length,
        }),
      );
    });
  });
}

/** Marks the pieces that can be believed, and returns those that have to be hashed; the rest cannot be there. */
function compare(
  swarm: Swarm,
  content: Content,
  resume: ResumeData | undefined,
  stamps: readonly (FileStamp | undefined)[],
): number[] {
  const { picker, layout, metainfo } = content;
  if (resume !== undefined) {
    swarm.down.total = resume.downloaded;
    swarm.up.total = resume.uploaded;
  }
  const bits = resume && Bitfield.from(resume.pieces, metainfo.pieceCount);
  const work: number[] = [];
  let padded = 0;
  const present = layout.files.map((file, i) => !file.padding && (stamps[i]?.length ?? 0) > 0);
  const unchanged = layout.files.map(
    (file, i) => file.padding || file.length === 0 || (resume !== undefined && sameStamp(resume.files[i], stamps[i])),
  );
  for (let piece = 0; piece < metainfo.pieceCount; piece++) {
    const { first, last } = filesOf(layout, piece);
    let anyPresent = false;
    let allPadding = true;
    let allUnchanged = true;
    for (let file = first; file <= last; file++) {
      anyPresent ||= present[file]!;
      allPadding &&= layout.files[file]!.padding;
      allUnchanged &&= unchanged[file]!;
    }
    // Zeros are there without a file (BEP 47). Padding ends with its piece, so whole pieces of it are odd, and few are looked at.
    if (allPadding && padded++ < limits.paddingPieces) anyPresent = true;
    // A clean end wrote down everything that was verified; after a crash, more may be there than was written down.
    if (allUnchanged && bits !== undefined && (bits.has(piece) || resume!.clean)) {
      if (bits.has(piece)) picker.setHere(piece, true);
      swarm.checked++;
    } else if (anyPresent) work.push(piece);
    else swarm.checked++;
  }
  return work;
}

/** The files that a piece is made of. */
function filesOf(layout: Layout, piece: number): { first: number; last: number } {
  const start = piece * layout.pieceLength;
  return { first: layout.fileAt(start), last: layout.fileAt(start + layout.lengthOf(piece) - 1) };
}

/** Hashes pieces, several at once. */
function hashAll(swarm: Swarm, content: Content, work: readonly number[], done: () => void): void {
  let next = 0;
  let running = 0;
  const more = () => {
    while (running < limits.checkJobs && next < work.length) {
      const piece = work[next++]!;
      running++;
      content.storage.check(piece, (outcome) => {
        swarm.engine.step(() => {
          running--;
          if (swarm.content !== content || swarm.state !== 'checking') return;
          if (outcome.type === 'ok') content.picker.setHere(piece, true);
          swarm.checked++;
          tellProgress(swarm, content);
          if (next < work.length) more();
          else if (running === 0) done();
        });
      });
    }
  };
  if (work.length === 0) done();
  else more();
}

function tellProgress(swarm: Swarm, content: Content): void {
  const total = content.metainfo.pieceCount;
  if (swarm.checked % Math.max(1, Math.floor(total / 100)) !== 0 && swarm.checked !== total) return;
  swarm.engine.events.push({ type: 'checking', torrent: swarm.torrent, checked: swarm.checked, total });
}

/** A piece that should be there could not be read: it is not here any more, and its files are looked at again. */
export function distrust(swarm: Swarm, piece: number): void {
  const content = swarm.content!;
  if (swarm.state === 'checking' || !content.picker.has(piece)) return;
  swarm.engine.events.push({
    type: 'disk-trouble',
    torrent: swarm.torrent,
    fault: 'missing',
    error: new Error(`piece ${piece} can no longer be read`),
  });
  losePiece(swarm, content, piece);
  const { first, last } = filesOf(content.layout, piece);
  for (let file = first; file <= last; file++) {
    const pieces = content.layout.piecesOf(file);
    for (let other = pieces.first; other < pieces.end; other++) recheckPiece(swarm, content, other);
  }
}

function recheckPiece(swarm: Swarm, content: Content, piece: number): void {
  if (!content.picker.has(piece) || swarm.rechecking.has(piece)) return;
  swarm.rechecking.add(piece);
  content.storage.check(piece, (outcome) => {
    swarm.engine.step(() => {
      swarm.rechecking.delete(piece);
      if (swarm.content === content && outcome.type !== 'ok') losePiece(swarm, content, piece);
    });
  });
}

/** Peers are told, if they can hear it (BEP 54), and asked for the piece. */
function losePiece(swarm: Swarm, content: Content, piece: number): void {
  if (!content.picker.has(piece)) return;
  content.picker.setHere(piece, false);
  for (const peer of swarm.peers) {
    sayHaves(peer);
    peer.dontHave.dontHave(piece);
    if (peer.has(piece) && content.picker.wants(piece)) peer.wanted++;
    peer.touch();
  }
  swarm.schedule('transfer', swarm.now);
}
