/** The tracker of a case: tells whoever asks of the peers that the case plays. */
import { createServer } from 'node:http';
import { ourAddress } from '../../addresses.ts';
import type { Endpoint } from '../../target/target.ts';
import { queryOf } from '../announce/http-spy.ts';
import { writeBencode } from '../bencode.ts';
import { writeCompact } from '../endpoint.ts';

export interface CaseTracker {
  readonly url: string;
  close(): void;
}

/** Peers are asked for at each announce, with the info-hash as latin-1, and `announces` is told it. It does not keep the process alive. */
export async function openTracker(
  peers: (infoHash: string) => readonly Endpoint[],
  announces: (infoHash: string) => void = () => {},
): Promise<CaseTracker> {
  const server = createServer((request, response) => {
    const infoHash = queryOf(request.url ?? '').get('info_hash') ?? '';
    announces(infoHash);
    response.end(writeBencode({ interval: 60, peers: Buffer.concat(peers(infoHash).map(writeCompact)) }));
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
