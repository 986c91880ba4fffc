/**
 * The place where one cell is played: a network of its own without a way out, containers with fixed addresses on it, and a
 * capture of every packet between them, from before the first program starts.
 */
import type { ChildProcess } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { docker, LABEL, startContainer } from './engine.ts';

const POLL_MS = 50;
/** As long as tcpdump may keep packets back. */
const SETTLE_MS = 1300;
const SUBNETS = 240;
const CAPTURE_KIB = 98_304;
/** Nobody's since 2006, and still within what some programs take for the open Internet: they have no use for other addresses. */
const PREFIX_6 = '3ffe';

export interface Part {
  readonly image: string;
  /** Last part of its addresses. */
  readonly place: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** Where on this machine → where in the container. */
  readonly mounts?: readonly string[];
  readonly command?: readonly string[];
}

/** A program in its container. */
export interface Actor {
  readonly name: string;
  readonly ip: string;
  readonly ip6: string;
  readonly startedAt: number;
  readonly ended: Promise<number>;
  readonly folder: string;
  readonly log: string;
}

export class Stage {
  readonly folder: string;
  readonly #run: string;
  readonly #prefix: string;
  readonly #clients: ChildProcess[] = [];
  readonly #names: string[] = [];
  #capturing: { readonly ended: Promise<number>; readonly log: string } | undefined;
  #network = '';
  #number = 0;

  constructor(folder: string, run: string, prefix: string) {
    this.folder = folder;
    this.#run = run;
    this.#prefix = prefix;
    mkdirSync(join(folder, 'capture'), { recursive: true });
  }

  get capture(): string {
    return join(this.folder, 'capture/all.pcap');
  }

  /** Packets that came too fast to be captured, by tcpdump's own count; known once the stage is closed. */
  get dropped(): number {
    const log = this.#capturing === undefined ? '' : readFileSync(this.#capturing.log, 'utf8');
    return Number(/(\d+) packets dropped by kernel/.exec(log)?.[1] ?? 0);
  }

  ip(place: number): string {
    return `10.213.${this.#number}.${place}`;
  }

  ip6(place: number): string {
    return `${PREFIX_6}:${this.#number.toString(16)}::${place.toString(16)}`;
  }

  /** The network, and the capture running. */
  async open(toolsImage: string): Promise<void> {
    const bridge = `fi${Math.random().toString(36).slice(2, 10)}`;
    this.#network = `${this.#prefix}-network`;
    for (let tries = 0; ; tries++) {
      this.#number = 1 + Math.floor(Math.random() * SUBNETS);
      try {
        await docker('network', 'create', ...this.#networkOptions(bridge), this.#network);
        break;
      } catch (error) {
        // Somebody else has these addresses.
        if (tries === 20 || !/overlap|in use|conflict/i.test(String(error))) throw error;
      }
    }
    // Without its immediate mode, which gives every packet as much of the buffer as the longest may need, and soon has none left.
    const sizes = ['-s', '66000', '-B', String(CAPTURE_KIB)];
    const tcpdump = ['tcpdump', '-i', bridge, '-Z', 'root', '-U', ...sizes, '-w', '/capture/all.pcap'];
    this.#capturing = this.#start('capture', [
      ...['--network', 'host', '--cap-add', 'NET_ADMIN', '-v', `${join(this.folder, 'capture')}:/capture`],
      ...[toolsImage, ...tcpdump, 'tcp or udp'],
    ]);
    await until(() => existsSync(this.capture), 20_000, 'the capture', this.#capturing.ended);
  }

  #networkOptions(bridge: string): string[] {
    return [
      ...['--internal', '--label', `${LABEL}=${this.#run}`, '-o', `com.docker.network.bridge.name=${bridge}`],
      ...[
        '--subnet',
        `10.213.${this.#number}.0/24`,
        '--ipv6',
        '--subnet',
        `${PREFIX_6}:${this.#number.toString(16)}::/64`,
      ],
    ];
  }

  start(name: string, part: Part): Actor {
    const environment = Object.entries(part.environment ?? {}).flatMap(([key, value]) => ['-e', `${key}=${value}`]);
    const address = ['--network', this.#network, '--ip', this.ip(part.place), '--ip6', this.ip6(part.place)];
    const mounts = (part.mounts ?? []).flatMap((mount) => ['-v', mount]);
    const { ended, log } = this.#start(name, [
      ...[...address, ...environment, ...mounts],
      // IPv6 is switched off in containers by some engines until somebody asks for it.
      ...['--sysctl', 'net.ipv6.conf.all.disable_ipv6=0', part.image, ...(part.command ?? [])],
    ]);
    const place = { ip: this.ip(part.place), ip6: this.ip6(part.place) };
    return { name, ...place, startedAt: Date.now() / 1000, ended, folder: join(this.folder, name), log };
  }

  #start(name: string, words: readonly string[]): { readonly ended: Promise<number>; readonly log: string } {
    const log = join(this.folder, `${name}.log`);
    const title = `${this.#prefix}-${name}`;
    const child = startContainer(['--name', title, '--label', `${LABEL}=${this.#run}`, ...words]);
    this.#clients.push(child);
    this.#names.push(title);
    const file = createWriteStream(log, { flags: 'a' });
    child.stdout!.pipe(file, { end: false });
    child.stderr!.pipe(file, { end: false });
    const ended = new Promise<number>((resolve) => {
      child.once('close', (code) => {
        file.end();
        resolve(code ?? 255);
      });
    });
    return { ended, log };
  }

  /** As a power cut would. */
  async kill(actor: Actor): Promise<void> {
    await docker('kill', '-s', 'KILL', `${this.#prefix}-${actor.name}`).catch(() => '');
    await actor.ended;
  }

  /** Everything ends here; the capture last, so that it misses nothing. */
  async close(): Promise<void> {
    const peers = this.#names.filter((name) => !name.endsWith('-capture'));
    if (peers.length > 0) await docker('rm', '-f', ...peers).catch(() => '');
    await pause(SETTLE_MS);
    if (this.#capturing !== undefined) {
      await docker('kill', '-s', 'INT', `${this.#prefix}-capture`).catch(() => '');
      await this.#capturing.ended;
    }
    if (this.#network !== '') await docker('network', 'rm', this.#network);
    for (const child of this.#clients) child.kill();
  }

  /** Folders that programs wrote as root are emptied by root. */
  async empty(toolsImage: string): Promise<void> {
    try {
      rmSync(this.folder, { recursive: true, force: true });
    } catch {
      await docker(
        'run',
        '--rm',
        '--network',
        'none',
        '-v',
        `${this.folder}:/all`,
        toolsImage,
        'find',
        '/all',
        '-mindepth',
        '1',
        '-delete',
      );
      rmSync(this.folder, { recursive: true, force: true });
    }
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

/** Waits for something to become true, for so long, or until the program that should make it true has ended. */
export async function until(check: () => boolean, ms: number, what: string, ended?: Promise<number>): Promise<void> {
  let code: number | undefined;
  void ended?.then((with_) => {
    code = with_;
  });
  for (const end = Date.now() + ms; !check(); await pause(POLL_MS)) {
    if (code !== undefined) throw new Ended(what, code);
    if (Date.now() > end) throw new Error(`${what} did not come in ${ms / 1000} s`);
  }
}

export class Ended extends Error {
  readonly code: number;

  constructor(what: string, code: number) {
    super(`${what}: the program ended with ${code}`);
    this.code = code;
  }
}
