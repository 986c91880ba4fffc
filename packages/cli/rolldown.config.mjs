// The command as a few files in place of three hundred: resolving and reading so many took half of the time to start.
// The disk worker is started by its name, so it has to lie beside them.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'rolldown';

export default defineConfig({
  input: {
    ferro: 'dist/main.js',
    'disk-worker': fileURLToPath(new URL('disk-worker.js', import.meta.resolve('@ferro/node'))),
  },
  platform: 'node',
  output: { dir: 'dist/bin', entryFileNames: '[name].js', chunkFileNames: '[name].js', cleanDir: true },
});
