/** nginx on loopback, where it is installed: a folder at a free port, ended by its process. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const installed: boolean = spawnSync('nginx', ['-v']).error === undefined;

export class Nginx {
  readonly folder: string;
  /** Of each site, in the order given: `http://127.0.0.1:port/`. */
  urls: string[] = [];
  #process: ChildProcess | undefined;

  /** `parent`: where its folder is made, and removed at the end. */
  constructor(parent: string = tmpdir()) {
    this.folder = mkdtempSync(join(parent, 'ferro-webseed-'));
  }

  write(path: readonly string[], bytes: Uint8Array): void {
    const file = join(this.folder, 'files', ...path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }

  /** One server a string: what stands in its `server` block beside its port. */
  async start(servers: readonly string[]): Promise<void> {
    const ports: number[] = [];
    for (const _ of servers) ports.push(await freePort());
    const blocks = servers.map(
      (block, i) => `server { listen 127.0.0.1:${ports[i]}; root ${join(this.folder, 'files')}; ${block} }`,
    );
    const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${join(this.folder, name)};`,
    );
    const configuration = `daemon off; master_process off; pid ${join(this.folder, 'pid')}; error_log stderr crit;
      events { worker_connections 256; }
      http { access_log off; sendfile on; ${folders.join(' ')} ${blocks.join('\n')} }`;
    writeFileSync(join(this.folder, 'nginx.conf'), configuration);
    chmodSync(this.folder, 0o755); // a worker may read as somebody without rights
    this.#process = spawn('nginx', ['-p', this.folder, '-c', join(this.folder, 'nginx.conf')], { stdio: 'ignore' });
    this.urls = ports.map((port) => `http://127.0.0.1:${port}/`);
    for (const port of ports) await listens(port);
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child !== undefined && child.exitCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(address)));
    });
  });
}

/** Connects until somebody listens: nginx does not say when it does. */
async function listens(port: number): Promise<void> {
  for (let left = 5000; ; left--) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (isOpen) return;
    if (left === 0) throw new Error('nginx does not listen');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
