/** The least that a disk worker can be: hashes a piece, writes it where it belongs, answers. For comparison only. */
import { hash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { PieceAnswer, PieceJob } from './sink.ts';

const { fd, transfer } = workerData as { readonly fd?: number; readonly transfer: boolean };

parentPort!.on('message', ({ piece, cell, bytes, expected, position }: PieceJob) => {
  const ok = hash('sha1', bytes) === expected;
  if (ok && fd !== undefined) writeSync(fd, bytes, 0, bytes.length, position);
  const answer: PieceAnswer = { piece, cell, ok, bytes: transfer ? bytes : undefined };
  parentPort!.postMessage(answer, transfer ? [bytes.buffer as ArrayBuffer] : []);
});
parentPort!.postMessage('ready');
