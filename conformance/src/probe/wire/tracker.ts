/** The tracker of a case: tells whoever asks of the peers that the case plays. */
import { createServer } from 'node:http';
import { ourAddress } from '../../addresses.ts';
import type { Endpoint } from '../../target/target.ts';
import { writeBencode } from '../bencode.ts';
import { writeCompact } from '../endpoint.ts';

export interface CaseTracker {
  readonly url: string;
  close(): void;
}

/** Peers are asked for at each announce. It does not keep the process alive. */
export async function openTracker(peers: () => readonly Endpoint[]): Promise<CaseTracker> {
  const server = createServer((_request, response) => {
    response.end(writeBencode({ interval: 60, peers: Buffer.concat(peers().map(writeCompact)) }));
  });
  server.unref();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, ourAddress(), resolve);
  });
  const { port } = server.address() as { port: number };
  return {
    url: `http://${ourAddress()}:${port}/announce`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
