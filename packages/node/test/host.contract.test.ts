import { mkdtempSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostContract } from '../../core/test/host.contract.ts';
import { nodeHost } from '../src/index.ts';
import { until } from './until.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

hostContract({
  name: 'node over loopback',
  make: () => {
    const folder = mkdtempSync(join(tmpdir(), 'ferro-host-'));
    const [a, b] = [nodeHost(), nodeHost()];
    return {
      a,
      b,
      v4: '127.0.0.1',
      ...(hasIpv6 ? { v6: '::1' } : {}),
      name: 'localhost',
      folder,
      until,
      close: async () => {
        await Promise.all([a.close(), b.close()]);
        rmSync(folder, { recursive: true });
      },
    };
  },
});
