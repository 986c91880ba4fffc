/**
 * What two of our own say to each other over real TCP, caught on the loopback interface: Wireshark's dissector has to find the
 * messages of BitTorrent in it, and none that is malformed (BEP 3, 6, 10).
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ALONE, Ferro } from './program.ts';
import { TorrentFolder } from './torrent-folder.ts';

/** It has to be there, and to be allowed to listen. */
function canCapture(): boolean {
  try {
    const interfaces = execFileSync('tshark', ['-D'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return process.getuid?.() === 0 && /\blo\b/.test(interfaces);
  } catch {
    return false;
  }
}

/** Resolves once packets are being caught. */
async function capture(port: number, file: string): Promise<AsyncDisposable> {
  const child = spawn('tshark', ['-i', 'lo', '-f', `tcp port ${port}`, '-w', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  for await (const bytes of child.stderr) {
    said += String(bytes);
    if (said.includes('Capture started')) break;
  }
  return {
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.kill('SIGINT');
      await ended;
    },
  };
}

const available = canCapture();

test.skipIf(!available)(
  `BEP 3: what goes over loopback is BitTorrent to Wireshark${available ? '' : ' (skipped: tshark cannot capture here)'}`,
  { timeout: 60_000 },
  async () => {
    using folder = new TorrentFolder([300_001, 5, 262_144], 16_384);
    const here = ['--listen', '127.0.0.1:0', ...ALONE];
    await using seed = new Ferro('seed', folder.torrentPath, '--data', folder.full, ...here);
    const { port } = await seed.event('ready');
    const file = join(folder.root, 'talk.pcapng');
    {
      await using _ = await capture(port, file);
      const out = folder.empty('out');
      const peer = ['--peer', `127.0.0.1:${port}`];
      await using leech = new Ferro('download', folder.torrentPath, '--out', out, ...here, ...peer);
      expect(await leech.exited).toEqual({ code: 0, signal: null });
    }
    const fields = ['_ws.col.Info', '_ws.malformed', 'bittorrent.piece.length'];
    const text = execFileSync(
      'tshark',
      ['-r', file, '-d', `tcp.port==${port},bittorrent`, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const messages = ['Handshake', 'Extended', 'Have All', 'Interested', 'Unchoke', 'Request', 'Piece'];
    for (const message of messages) expect(text).toContain(message);
    expect(text.toLowerCase()).not.toContain('malformed');
  },
);
