/** What reading costs a web page: a bundle of parseTorrent and parseMagnet, minified and compressed. */
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { expect, test } from 'vitest';

const packages = fileURLToPath(new URL('../../', import.meta.url));

async function bundled(external: (id: string) => boolean): Promise<number> {
  const virtual = fileURLToPath(new URL('entry-of-the-bundle.ts', import.meta.url));
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    root: packages,
    resolve: { conditions: ['@ferro/source'] },
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === virtual ? virtual : null),
        load: (id) =>
          id === virtual ? `export { parseTorrent, parseMagnet } from '${packages}metainfo/src/index.ts'` : null,
      },
    ],
    build: {
      write: false,
      minify: true,
      target: 'es2024',
      lib: { entry: virtual, formats: ['cjs'], fileName: 'bundle' },
      rolldownOptions: { external },
    },
  });
  const [first] = [built].flat();
  if (first === undefined || !('output' in first)) throw new Error('nothing was built');
  return gzipSync(first.output[0].code, { level: 9 }).length;
}

test('reading torrents and magnets is small, alone and with all that it needs', async () => {
  const alone = await bundled((id) => /^@(ferro|noble)\//.test(id));
  const whole = await bundled(() => false);
  expect(alone).toBeLessThanOrEqual(6_800);
  expect(alone).toBeGreaterThan(3_000);
  expect(whole).toBeLessThanOrEqual(11_800);
  expect(whole).toBeGreaterThan(alone);
});
