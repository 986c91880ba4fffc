/** What a bundler keeps of this package (no BEP): minified and gzipped, without what is not imported. */
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type Rollup } from 'vite';
import { expect, test } from 'vitest';

const index = fileURLToPath(new URL('../src/index.ts', import.meta.url));

async function bundle(code: string): Promise<string> {
  const entry = '\0entry';
  const output = (await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      target: 'es2024',
      rollupOptions: {
        input: entry,
        preserveEntrySignatures: 'strict',
        output: { format: 'es', minify: true },
      },
    },
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === entry ? id : undefined),
        load: (id) => (id === entry ? code : undefined),
      },
    ],
  })) as Rollup.RollupOutput;
  return output.output[0].code;
}

test.each([
  ['{ decode }', 1_250],
  ['{ encode }', 1_200],
  ['{ decode, encode }', 2_150],
  ['*', 2_700],
])('a bundle of %s has at most %i bytes', async (names, bytesMax) => {
  const code = await bundle(`export ${names} from ${JSON.stringify(index)};`);
  expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(bytesMax);
});

test('what is not imported is not there', async () => {
  const code = await bundle(`export { decode } from ${JSON.stringify(index)};`);
  expect(code).toContain('key-unsorted');
  expect(code).not.toMatch(/no form for|TextDecoder|deviations\.push/);
});

test('importing it for nothing costs nothing', async () => {
  expect((await bundle(`import ${JSON.stringify(index)};`)).trim()).toBe('');
});
