/** What a case has opened is closed, whatever else goes wrong: a run that leaves a socket open never ends. */
import { expect, test } from 'vitest';
import { Notes } from '../src/context.ts';

test('all that was opened is closed, the last one first, also behind something that would not close', async () => {
  const notes = new Notes();
  const closed: string[] = [];
  notes.after(() => void closed.push('first'));
  notes.after(() => {
    throw new Error('it would not close');
  });
  notes.after(async () => void closed.push('last'));
  await expect(notes.close()).rejects.toThrow('it would not close');
  expect(closed).toEqual(['last', 'first']);
});

test('what is opened when the case is over is closed at once', async () => {
  const notes = new Notes();
  await notes.close();
  const closed = await new Promise((resolve) => notes.after(() => resolve('closed')));
  expect(closed).toBe('closed');
});
