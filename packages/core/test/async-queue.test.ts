/** From callbacks to `for await`. */
import { expect, test } from 'vitest';
import { AsyncQueue } from '../src/index.ts';

async function all<Value>(queue: AsyncQueue<Value>): Promise<Value[]> {
  const values: Value[] = [];
  for await (const value of queue) values.push(value);
  return values;
}

test('values come in order, whether the reader or the writer is first', async () => {
  const queue = new AsyncQueue<number>();
  queue.push(1);
  queue.push(2);
  const read = all(queue);
  await Promise.resolve();
  queue.push(3);
  queue.end();
  expect(await read).toEqual([1, 2, 3]);
});

test('what waits is delivered before the end and before the error', async () => {
  const queue = new AsyncQueue<number>();
  queue.push(1);
  queue.end(new Error('broken'));
  expect(await queue.next()).toEqual({ done: false, value: 1 });
  await expect(queue.next()).rejects.toThrow('broken');
  expect(await queue.next()).toEqual({ done: true, value: undefined });
});

test('a reader that waits hears the end, or the error', async () => {
  const ended = new AsyncQueue<number>();
  const waiting = ended.next();
  ended.end();
  expect(await waiting).toEqual({ done: true, value: undefined });
  const broken = new AsyncQueue<number>();
  const failing = broken.next();
  broken.end(new Error('broken'));
  await expect(failing).rejects.toThrow('broken');
});

test('a slow reader loses the oldest values, and they are counted', async () => {
  const queue = new AsyncQueue<number>({ limit: 3 });
  for (let value = 1; value <= 10; value++) queue.push(value);
  queue.end();
  expect(queue.dropped).toBe(7);
  expect(await all(queue)).toEqual([8, 9, 10]);
});

test('nothing comes after the end', async () => {
  const queue = new AsyncQueue<number>();
  queue.end();
  queue.push(1);
  queue.end(new Error('late'));
  expect(await all(queue)).toEqual([]);
});

test('a reader that leaves its loop early is noticed, and nothing is kept for it', async () => {
  let left = 0;
  const queue = new AsyncQueue<number>({ onReturn: () => left++ });
  queue.push(1);
  queue.push(2);
  for await (const value of queue) if (value === 1) break;
  expect(left).toBe(1);
  queue.push(3);
  expect(await queue.next()).toEqual({ done: true, value: undefined });
});
