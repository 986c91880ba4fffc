/** The commands that answer and end, run in this process: what they print, as text and with --json, and their exit codes. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { announce, scrape } from '../src/commands/announce.ts';
import { create } from '../src/commands/create.ts';
import { edit } from '../src/commands/edit.ts';
import { info } from '../src/commands/info.ts';
import { lint } from '../src/commands/lint.ts';
import { magnet } from '../src/commands/magnet.ts';
import { verify } from '../src/commands/verify.ts';

const folder = mkdtempSync(join(tmpdir(), 'ferro-'));
const at = (...names: string[]) => join(folder, ...names);
const HASH = '0123456789abcdef0123456789abcdef01234567';
const TRACKER = 'http://tracker.example/announce';

beforeAll(async () => {
  mkdirSync(at('holiday', 'sea'), { recursive: true });
  writeFileSync(at('holiday', 'sea', 'boat.jpg'), 'a boat '.repeat(5000));
  writeFileSync(at('holiday', 'list.txt'), 'towel');
  writeFileSync(at('holiday', 'Thumbs.db'), 'junk');
  await run(
    create(),
    at('holiday'),
    '--out',
    at('a.torrent'),
    '--piece-length',
    '16k',
    '--tracker',
    TRACKER,
    '--no-date',
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a command prints on stdout, and the exit code that it leaves behind. */
async function run(command: Command, ...parameters: readonly string[]): Promise<{ output: string; code: number }> {
  const { write } = process.stdout;
  let output = '';
  process.stdout.write = ((text: string) => {
    output += text;
    return true;
  }) as typeof write;
  try {
    await command.exitOverride().parseAsync([...parameters], { from: 'user' });
    return { output, code: Number(process.exitCode ?? 0) };
  } finally {
    process.stdout.write = write;
    process.exitCode = undefined;
  }
}

const json = async (command: Command, ...parameters: readonly string[]) =>
  JSON.parse((await run(command, ...parameters, '--json')).output);

test('create leaves junk out, describes what it made, and makes the same bytes again', async () => {
  const again = ['--piece-length', '16k', '--tracker', TRACKER, '--no-date'];
  const made = await json(create(), at('holiday'), '--out', at('b.torrent'), ...again);
  expect(made).toMatchObject({ name: 'holiday', version: 'v1', length: 35_005, pieceLength: 16_384, pieceCount: 3 });
  expect(made.files.map(({ path }: { path: string[] }) => path.join('/'))).toEqual([
    'holiday/list.txt',
    'holiday/sea/boat.jpg',
  ]);
  expect(readFileSync(at('b.torrent'))).toEqual(readFileSync(at('a.torrent')));
  const text = await run(create(), at('holiday'), '--out', at('b.torrent'), ...again);
  expect(text).toEqual({ output: `${at('b.torrent')}  ${made.infoHashV1}\n`, code: 0 });
});

test('BEP 52: create makes v2 and hybrid torrents', async () => {
  const hybrid = await json(create(), at('holiday'), '--out', at('h.torrent'), '--format', 'hybrid');
  expect(hybrid).toMatchObject({ version: 'hybrid' });
  expect(hybrid.infoHashV1).toMatch(/^[0-9a-f]{40}$/);
  expect(hybrid.infoHashV2).toMatch(/^[0-9a-f]{64}$/);
  const v2 = await json(create(), at('holiday', 'list.txt'), '--out', at('v2.torrent'), '--format', 'v2');
  expect(v2).toMatchObject({ version: 'v2', infoHashV1: null, name: 'list.txt' });
});

test('create refuses what makes no torrent', async () => {
  await expect(run(create(), at('holiday'), '--out', at('x'), '--format', 'v3')).rejects.toThrow(
    'not v1, v2 or hybrid',
  );
  await expect(run(create(), at('nothing'), '--out', at('x'))).rejects.toThrow('nothing');
  await expect(run(create(), at('holiday'), '--out', at('x'), '--piece-length', '0')).rejects.toThrow('no sense');
});

test('info shows a torrent as a table and a tree, and with --json the same', async () => {
  const { output } = await run(info(), at('a.torrent'));
  expect(output).toMatch(/^name +holiday$/m);
  expect(output).toMatch(/^size +34\.2 KiB \(35005 bytes\)$/m);
  expect(output).toMatch(/^tracker tier 1 +http:\/\/tracker\.example\/announce$/m);
  expect(output.endsWith('holiday/\n  sea/\n    boat.jpg  34.2 KiB\n  list.txt  5 B\n')).toBe(true);
  expect(await json(info(), at('a.torrent'))).toMatchObject({ trackers: [[TRACKER]], private: false, deviations: [] });
});

test('info shows control characters of a comment as escapes', async () => {
  writeFileSync(at('evil.torrent'), evil('a\u001b[2Jb'));
  const { output } = await run(info(), at('evil.torrent'));
  expect(output).not.toContain('\u001b');
  expect(output).toContain('a\\u{1b}[2Jb');
});

test('BEP 9: magnet prints the link, and info reads it', async () => {
  const { output, code } = await run(magnet(), at('a.torrent'));
  const { magnet: link, infoHashV1 } = await json(info(), at('a.torrent'));
  expect({ output, code }).toEqual({ output: `${link}\n`, code: 0 });
  expect(await json(magnet(), at('a.torrent'))).toEqual({ magnet: link });
  expect(await json(info(), link)).toMatchObject({ name: 'holiday', infoHashV1, length: 35_005, trackers: [TRACKER] });
});

test('verify says what is good, and ends with 1 when something is not', async () => {
  const good = await json(verify(), at('a.torrent'), '--data', folder);
  expect(good).toMatchObject({ good: 3, pieceCount: 3, complete: true, pieces: ['good', 'good', 'good'] });
  expect((await run(verify(), at('a.torrent'), '--data', folder)).code).toBe(0);
  mkdirSync(at('copy', 'holiday', 'sea'), { recursive: true });
  const bytes = readFileSync(at('holiday', 'sea', 'boat.jpg'));
  bytes[20_000] = 0;
  writeFileSync(at('copy', 'holiday', 'sea', 'boat.jpg'), bytes);
  const { output, code } = await run(verify(), at('a.torrent'), '--data', at('copy'));
  expect(code).toBe(1);
  expect(output).toContain('1 of 3 pieces are good\n');
  expect((await json(verify(), at('a.torrent'), '--data', at('copy'))).pieces).toEqual(['missing', 'corrupt', 'good']);
});

test('lint finds nothing in a good torrent, and names the rule that a bad one breaks', async () => {
  expect(await run(lint(), at('a.torrent'))).toEqual({ output: 'nothing to say against it\n', code: 0 });
  writeFileSync(at('bad.torrent'), 'd4:infod6:lengthi5e4:name1:a12:piece lengthi16384e6:pieces3:abcee');
  const { output, code } = await run(lint(), at('bad.torrent'));
  expect(code).toBe(1);
  expect(output).toMatch(/^fatal .*BEP 3/);
  const { findings } = await json(lint(), at('bad.torrent'));
  expect(findings).toMatchObject([{ severity: 'fatal', rule: expect.stringMatching(/^metainfo\//) }]);
});

test('edit changes trackers and comments, and the info-hash stays', async () => {
  const before = await json(info(), at('a.torrent'));
  const url = 'udp://tracker.example:6969';
  const after = await json(edit(), at('a.torrent'), '--out', at('e.torrent'), '--tracker', url, '--comment', 'sun');
  expect(after).toMatchObject({ infoHashV1: before.infoHashV1, trackers: [[url]], comment: 'sun' });
  const bare = await json(edit(), at('e.torrent'), '--tracker', '--comment', '');
  expect(bare).toMatchObject({ infoHashV1: before.infoHashV1, trackers: [], comment: null });
  await expect(run(edit(), at('e.torrent'))).rejects.toThrow('say what to change');
});

test('BEP 23, BEP 48: announce and scrape ask an HTTP tracker', async () => {
  const id = Buffer.from(HASH, 'hex');
  const counts = 'd8:completei3e10:downloadedi9e10:incompletei4ee';
  const server = createServer(({ url = '' }, response) => {
    if (url.startsWith('/scrape'))
      response.end(Buffer.concat([Buffer.from('d5:filesd20:'), id, Buffer.from(`${counts}ee`)]));
    else if (url.includes('event=stopped')) response.end('d14:failure reason7:go awaye');
    else
      response.end(
        Buffer.concat([Buffer.from('d8:intervali900e5:peers6:'), Buffer.from([10, 0, 0, 7, 0, 80]), Buffer.from('e')]),
      );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/announce`;
  try {
    expect(await json(announce(), url, HASH)).toMatchObject({ interval: 900, peers: ['10.0.0.7:80'] });
    expect((await run(announce(), url, HASH)).output).toBe('interval  900 s\npeer      10.0.0.7:80\n');
    await expect(run(announce(), url, HASH, '--event', 'stopped')).rejects.toThrow('the tracker says: go away');
    expect(await json(scrape(), url, HASH)).toEqual([{ infoHash: HASH, seeders: 3, completed: 9, leechers: 4 }]);
    expect((await run(scrape(), url, HASH)).output).toBe(`${HASH}  3 seeders  4 leechers  9 completed\n`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

test('BEP 15: scrape asks a UDP tracker', async () => {
  const socket = createSocket('udp4');
  socket.on('message', (bytes, { port, address }) => {
    const answer = Buffer.alloc(bytes.readUInt32BE(8) === 0 ? 16 : 20);
    bytes.copy(answer, 0, 8, 16);
    if (answer.length === 20) for (const [i, count] of [3, 9, 4].entries()) answer.writeUInt32BE(count, 8 + 4 * i);
    socket.send(answer, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  try {
    const url = `udp://127.0.0.1:${socket.address().port}`;
    expect(await json(scrape(), url, HASH)).toEqual([{ infoHash: HASH, seeders: 3, completed: 9, leechers: 4 }]);
  } finally {
    socket.close();
  }
});

test('announce and scrape take URLs and info-hashes only', async () => {
  await expect(run(announce(), 'ftp://tracker.example', HASH)).rejects.toThrow('not an http, https or udp URL');
  await expect(run(announce(), TRACKER, 'abc')).rejects.toThrow('not 40 hexadecimal digits');
  await expect(run(announce(), TRACKER, HASH, '--event', 'paused')).rejects.toThrow('started, completed or stopped');
  await expect(run(scrape(), TRACKER, 'xyz')).rejects.toThrow('not 40 hexadecimal digits');
});

function evil(comment: string): Uint8Array {
  const info = `d6:lengthi1e4:name1:a12:piece lengthi16384e6:pieces20:${'x'.repeat(20)}e`;
  return Buffer.from(`d7:comment${Buffer.byteLength(comment)}:${comment}4:info${info}e`);
}
