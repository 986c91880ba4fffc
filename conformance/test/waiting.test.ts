import { once } from 'node:events';
import { createServer, connect as open, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { Waiting } from '../src/probe/waiting.ts';

test('what has come by the end of a wait counts, though the machine let us run too late to read it in time', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const theirs = open((server.address() as { port: number }).port, '127.0.0.1');
  const [ours] = await accepted;
  const waiting = new Waiting();
  let hasCome = false;
  ours.on('data', () => {
    hasCome = true;
    waiting.wake();
  });
  const over = waiting.sleep(20).then(() => hasCome);
  theirs.write('in time');
  hold(60);
  expect(await over).toBe(true);
  theirs.destroy();
  ours.destroy();
  server.close();
});

/** Nothing else of this process runs meanwhile: what comes stays in the kernel, and timers are late. */
function hold(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
