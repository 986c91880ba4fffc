// The one test configuration. Every package runs it from its own folder, so its reports land there.
import { fileURLToPath } from 'node:url';
import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

const conditions = ['@ferro/source', ...defaultServerConditions];

export default defineConfig({
  root: process.cwd(),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/**/*.test.ts', '*.test.ts'],
    environment: 'node',
    passWithNoTests: false,
    setupFiles: [fileURLToPath(new URL('./silence.ts', import.meta.url))],
    testTimeout: 30_000,
    // No test file changes what another one sees, so a process may run several: starting one costs more than most files.
    isolate: false,
    reporters: ['default', 'json', 'junit'],
    outputFile: { json: '.reports/vitest.json', junit: '.reports/junit.xml' },
    execArgv: ['--conditions=@ferro/source'],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text', 'json-summary', 'lcov'],
      reportsDirectory: '.reports/coverage',
    },
  },
});
