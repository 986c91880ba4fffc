/** The simulated disk keeps what every storage promises. */
import { storageContract, storageFilesContract } from '../../core/test/storage.contract.ts';
import { type DiskModel, Simulation } from '../src/index.ts';

const disks: Readonly<Record<string, DiskModel>> = {
  'an instant disk': {},
  'a slow disk': { latency: 8, rate: 50e6 },
};

for (const [name, disk] of Object.entries(disks)) {
  const contract = {
    name: `simulated storage, ${name}`,
    make: () => {
      const sim = new Simulation({ seed: 1 });
      const host = sim.host('198.51.100.1', { disk });
      const root = '/downloads';
      const full = (path: readonly string[]) => [root, ...path].join('/');
      return {
        root,
        open: host.storage.bind(host),
        run: (until: () => boolean) => void sim.run(until, 60_000),
        outside: {
          read: (path: readonly string[]) => host.disk.read(full(path)),
          write: (path: readonly string[], bytes: Uint8Array) => host.disk.write(full(path), bytes),
          delete: (path: readonly string[]) => void host.disk.delete(full(path)),
          folderExists: (path: readonly string[]) => host.disk.paths.some((name) => name.startsWith(`${full(path)}/`)),
        },
      };
    },
  };
  storageContract(contract);
  storageFilesContract(contract);
}
