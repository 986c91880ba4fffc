/** Small whole files, as every host reads and replaces them. */
import { expect } from 'vitest';
import { type HostPair, noise, type Scenario } from './host-pair.ts';

async function read(pair: HostPair, path: string, limit = 1 << 20): Promise<Uint8Array | 'none' | Error> {
  let heard: Uint8Array | 'none' | Error | undefined;
  pair.a.readFile(path, limit, (answer) => {
    heard = answer ?? 'none';
  });
  await pair.until(() => heard !== undefined);
  return heard!;
}

async function replace(pair: HostPair, path: string, bytes: Uint8Array): Promise<Error | undefined> {
  const heard: (Error | undefined)[] = [];
  pair.a.replaceFile(path, bytes, (error) => heard.push(error));
  await pair.until(() => heard.length > 0);
  return heard[0];
}

/** Hosts may answer with a subclass of Uint8Array: the bytes count. */
const plain = (answer: Uint8Array | 'none' | Error) => (answer instanceof Uint8Array ? [...answer] : answer);

export function fileTests(scenario: Scenario): void {
  scenario('a file that is not there reads as undefined', async (pair) => {
    expect(await read(pair, `${pair.folder}/none`)).toBe('none');
  });

  scenario('a file reads back as it was written, and as it was replaced', async (pair) => {
    const path = `${pair.folder}/resume`;
    expect(await replace(pair, path, noise(70_000, 3))).toBeUndefined();
    expect(plain(await read(pair, path))).toEqual([...noise(70_000, 3)]);
    expect(await replace(pair, path, noise(10, 4))).toBeUndefined();
    expect(plain(await read(pair, path))).toEqual([...noise(10, 4)]);
    expect(await replace(pair, path, new Uint8Array(0))).toBeUndefined();
    expect(plain(await read(pair, path))).toEqual([]);
  });

  scenario('a file longer than the limit is an error, one of just that length is not', async (pair) => {
    const path = `${pair.folder}/limit`;
    await replace(pair, path, noise(100));
    expect(await read(pair, path, 99)).toBeInstanceOf(Error);
    expect(plain(await read(pair, path, 100))).toHaveLength(100);
  });

  scenario('of two replacements asked at once the later one stays', async (pair) => {
    const path = `${pair.folder}/twice`;
    let done = 0;
    for (const seed of [1, 2]) {
      pair.a.replaceFile(path, noise(50_000, seed * 7), (error) => {
        expect(error).toBeUndefined();
        done++;
      });
    }
    await pair.until(() => done === 2);
    expect(plain(await read(pair, path))).toEqual([...noise(50_000, 14)]);
  });
}
