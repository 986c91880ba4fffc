/** A storage whose pieces are kept by their hash promises what every storage does, and keeps equal pieces once. */
import { MemoryStorage } from '@ferro/client';
import { Simulation } from '@ferro/sim';
import { expect, test } from 'vitest';
import { storageContract } from '../../packages/core/test/storage.contract.ts';
import { PieceLibrary } from '../06-content-addressed-storage.ts';

storageContract({
  name: 'content-addressed storage',
  make: () => {
    const sim = new Simulation({ seed: 1 });
    const host = sim.host('198.51.100.1');
    const library = new PieceLibrary();
    return {
      root: '/',
      open: (layout, slots) => new MemoryStorage(host, layout, slots, library.shelf(layout)),
      run: (until) => void sim.run(until, 60_000),
    };
  },
});

test('the same piece of two torrents is stored once, and stays until both let it go', () => {
  const library = new PieceLibrary();
  const layout = (name: string) => ({ root: '/', pieceLength: 4, files: [{ path: [name], length: 8 }] });
  const [one, two] = [library.shelf(layout('one')), library.shelf(layout('two'))];
  const [same, other] = [Uint8Array.of(1, 2, 3, 4), Uint8Array.of(5, 6, 7, 8)];
  one.put(0, same);
  two.put(1, same.slice());
  two.put(0, other);
  expect(library.pieceCount).toBe(2);
  expect(two.get(1)).toBe(one.get(0));
  one.put(0, same.slice());
  one.delete(0);
  one.delete(0);
  expect([one.get(0), two.get(1)]).toEqual([undefined, same]);
  two.delete(1);
  expect([two.get(1), library.pieceCount]).toEqual([undefined, 1]);
});
