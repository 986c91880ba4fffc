import { mkdtempSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HostPair, hostContract } from '../../core/test/host.contract.ts';
import { type NodeHostOptions, nodeHost } from '../src/index.ts';
import { until } from './until.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));

function pairs(options: NodeHostOptions) {
  return (): HostPair => {
    const folder = mkdtempSync(join(tmpdir(), 'ferro-host-'));
    const [a, b] = [nodeHost(options), nodeHost(options)];
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
  };
}

hostContract({ name: 'node over loopback', make: pairs({}) });
hostContract({
  name: 'node over loopback, accepted sockets read into fresh memory',
  make: pairs({ bufferAccepted: false }),
});
