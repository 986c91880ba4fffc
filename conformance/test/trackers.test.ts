/** Real trackers, started from the manifests in `targets`: ours, and others where they are installed. What is known is in `expectations`. */
import { describe, expect, test } from 'vitest';
import { expectKnown, isInstalled } from './known.ts';

test('our tracker does what its expectations say', async () => {
  const { counts } = await expectKnown('ferro-tracker');
  expect(counts.pass).toBeGreaterThan(75);
});

test('bittorrent-tracker does what its expectations say', async () => {
  await expectKnown('bittorrent-tracker');
});

describe.skipIf(!isInstalled('opentracker', '-h'))('where opentracker is installed', () => {
  test('it does what its expectations say', async () => {
    await expectKnown('opentracker');
  });
});
