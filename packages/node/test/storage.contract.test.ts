import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { type StorageWorld, storageContract, storageFilesContract } from '../../core/test/storage.contract.ts';
import { type NodeHostOptions, nodeHost } from '../src/index.ts';

/** Worlds of one host: to start its workers anew for each test would take most of the time. */
function worlds(options: NodeHostOptions = {}) {
  const host = nodeHost(options);
  afterAll(() => host.close());
  return () => {
    const root = mkdtempSync(join(tmpdir(), 'ferro-storage-'));
    const at = (path: readonly string[]) => join(root, ...path);
    return {
      root,
      open: (layout, slots) => host.storage(layout, slots),
      close: () => rmSync(root, { recursive: true }),
      outside: {
        read: (path: readonly string[]) => (existsSync(at(path)) ? new Uint8Array(readFileSync(at(path))) : undefined),
        write: (path: readonly string[], bytes: Uint8Array) => {
          mkdirSync(dirname(at(path)), { recursive: true });
          writeFileSync(at(path), bytes);
        },
        delete: (path: readonly string[]) => rmSync(at(path)),
        folderExists: (path: readonly string[]) => existsSync(at(path)),
      },
    } satisfies StorageWorld & { readonly outside: unknown };
  };
}

storageContract({ name: 'files', make: worlds() });
storageContract({ name: 'files, preallocated', make: worlds({ preallocate: true }), runs: 5 });
storageContract({ name: 'files, one worker and one open file', make: worlds({ workers: 1, openFiles: 1 }), runs: 5 });
storageFilesContract({ name: 'files', make: worlds() });
