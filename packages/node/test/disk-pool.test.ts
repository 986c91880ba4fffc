import { expect, test } from 'vitest';
import { DiskPool } from '../src/disk-pool.ts';
import { limits } from '../src/limits.ts';

test('jobs that wait count: what comes in the same turn finds another worker', async () => {
  const pool = new DiskPool(2, 8);
  const used = new Set<unknown>();
  const done: string[] = [];
  for (let job = 0; job < 4; job++) {
    used.add(pool.leastLoaded());
    pool.submit({
      request: { type: 'stat', job, storage: 0 },
      bytes: limits.bytesUnderWay / 2,
      introduce: () => undefined,
      done: ({ type }) => done.push(type),
    });
  }
  expect(used.size).toBe(2);
  await pool.close();
  // The storage is not known to them, which is an answer, too.
  expect(done).toEqual(['failed', 'failed', 'failed', 'failed']);
});
