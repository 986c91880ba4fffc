/**
 * From the start of the command to its first request at a peer that it was told of: what somebody waits for before anything
 * comes. Medians.
 *
 *     node --conditions=@ferro/source bench/first-request.ts [RUNS]      (after a build)
 */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from '@ferro/bencode';
import { Id20, type Stream } from '@ferro/core';
import { parseTorrent } from '@ferro/metainfo';
import { nodeHost } from '@ferro/node';
import { PeerConnection } from '@ferro/wire';

const runs = Number(process.argv[2] ?? 10);
const LENGTH = 1_048_576;
const command = new URL('../packages/cli/dist/bin/ferro.js', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'ferro-first-'));
const host = nodeHost();

try {
  const pieces = createHash('sha1').update(randomBytes(LENGTH)).digest();
  const bytes = encode({ info: { length: LENGTH, name: 'file', 'piece length': LENGTH, pieces } });
  const torrent = join(folder, 'one.torrent');
  writeFileSync(torrent, bytes);
  const infoHash = parseTorrent(bytes).infoHashV1!;
  const times: number[] = [];
  for (let run = 0; run < runs; run++) times.push(await firstRequest(torrent, infoHash, join(folder, `out${run}`)));
  times.sort((a, b) => a - b);
  console.log(`first request after ${times[times.length >> 1]!.toFixed(0)} ms, median of ${runs} runs`);
  console.log(`(${times[0]!.toFixed(0)} to ${times.at(-1)!.toFixed(0)})`);
} finally {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
}

/** A seeder that waits to be asked. */
function firstRequest(torrent: string, infoHash: Id20, out: string): Promise<number> {
  return new Promise((resolve) => {
    let begun = 0;
    let end: () => void = () => {};
    const listener = host.listen(
      { ip: '127.0.0.1', port: 0 },
      {
        ready({ port }) {
          const peer = `127.0.0.1:${port}`;
          const args = ['download', torrent, '--out', out, '--peer', peer, '--listen', '127.0.0.1:0'];
          begun = performance.now();
          const child = spawn(process.execPath, [command, ...args, '--no-dht', '--no-trackers'], { stdio: 'ignore' });
          end = () => {
            resolve(performance.now() - begun);
            listener.close();
            child.kill('SIGKILL');
          };
        },
        accept(stream: Stream) {
          const wire = new PeerConnection(host, { infoHash, peerId: Id20.from('b0'.repeat(20)) });
          return {
            receive(chunk) {
              for (const event of wire.receive(chunk)) {
                if (event.type === 'handshake') wire.haveAll();
                if (event.type === 'interested') wire.unchoke();
                if (event.type === 'request') end();
              }
              stream.write(wire.flush());
            },
            closed() {},
          };
        },
      },
    );
  });
}
