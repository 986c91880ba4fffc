/** What a scenario plays with: makes the torrent, starts programs under the contract, and waits for what they should do. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cell, World } from './cell.ts';
import { gapOf } from './matrix.ts';
import { type Payload, payloadLength, writePayload } from './payload.ts';
import { ALWAYS, type Always, type Implementation, INTEROP, type Role } from './registry.ts';
import { isCrowd, type PeerOptions, PLACES, type PlaceName, type Play } from './scenario.ts';
import { type Actor, Ended, type Stage, until } from './stage.ts';
import { type MadeTorrent, makeTorrent } from './torrent.ts';

const PEER_PORT = 6881;
const READY_MS = 45_000;
const CHECKOUT = join(INTEROP, '..');
const NODE = '/ferro/node_modules/.bin/node';
/** As a question of the DHT has it (BEP 5). */
const ANNOUNCE = '1:q13:announce_peer';
/** rtorrent looks around for 47 seconds before it announces what it has; some never do. */
const ANNOUNCE_MS = 60_000;
/** As tools/node.py has them. */
const MORE_NODES = Array.from({ length: 12 }, (_, i) => 7001 + i);
/** Places of those of whom there are several. */
const CROWD = 20;

const SCRIPTS = {
  tracker: [NODE, '/tools/tracker.ts'],
  corruptor: [NODE, '/tools/corruptor.ts'],
  hub: [NODE, '/tools/hub.ts'],
  node: ['sh', '/tools/node.sh'],
  web: ['sh', '/tools/web.sh'],
} as const;

export class Player implements Play {
  readonly actors: Actor[] = [];
  torrent: MadeTorrent | undefined;
  readonly #cell: Cell;
  readonly #world: World;
  readonly #stage: Stage;
  readonly #payload: Payload;
  #end = Number.POSITIVE_INFINITY;

  constructor(cell: Cell, world: World, stage: Stage, payload: Payload) {
    this.#cell = cell;
    this.#world = world;
    this.#stage = stage;
    this.#payload = payload;
  }

  readonly place = (name: PlaceName): { readonly ip: string; readonly ip6: string } => ({
    ip: this.#stage.ip(PLACES[name]),
    ip6: this.#stage.ip6(PLACES[name]),
  });

  get length(): number {
    return payloadLength(this.#payload);
  }

  get pieces(): number {
    return Math.ceil(this.length / this.#payload.pieceLength);
  }

  get everybody(): readonly Implementation[] {
    return this.#world.everybody;
  }

  /** What both of a pair use whatever they are told, or anybody of a crowd: it may be there twice. */
  get always(): readonly Always[] {
    const { scenario, seeder, leecher } = this.#cell;
    if (isCrowd(scenario.shape))
      return ALWAYS.filter((word) => this.everybody.some(({ always }) => always?.includes(word)));
    return ALWAYS.filter((word) => seeder?.always?.includes(word) && leecher?.always?.includes(word));
  }

  async play(): Promise<void> {
    const { scenario } = this.#cell;
    // What is known to fail is played, but not waited for as long.
    const patience = gapOf(this.#cell) === undefined ? 1 : 1 / 3;
    this.#end = Date.now() + 1000 * scenario.seconds * patience;
    this.#writeTorrent();
    if (scenario.tracker === 'scripted') {
      const only = scenario.use.includes('pex') ? { ONLY: `${this.place('hub').ip}:${PEER_PORT}` } : {};
      await this.script('tracker', { ...only });
    } else if (scenario.tracker !== 'none') {
      await this.#peer('tracker', 'tracker', this.#cell.tracker ?? this.#world.tracker, {});
    }
    await scenario.play(this);
  }

  #writeTorrent(): void {
    const { scenario } = this.#cell;
    const tracker = this.#announceUrl();
    this.torrent = makeTorrent({
      ...this.#payload,
      tracker,
      peer: scenario.namesSeeder === true ? `${this.place('seeder').ip}:${PEER_PORT}` : undefined,
      webSeed: scenario.webSeed === true ? `http://${this.place('web').ip}/` : undefined,
    });
    const folder = this.#input;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'file.torrent'), this.torrent.bytes);
    writeFileSync(join(folder, 'magnet.txt'), `${this.torrent.magnet}\n`);
    writeFileSync(join(folder, 'info-hashes.txt'), this.torrent.wireHashes.map((hash) => `${hash}\n`).join(''));
  }

  get #input(): string {
    return join(this.#stage.folder, 'in');
  }

  #announceUrl(): string | undefined {
    const { scenario } = this.#cell;
    if (scenario.tracker === 'none') return undefined;
    const scheme = /^(tracker|crowd)-udp/.test(scenario.name) ? 'udp' : 'http';
    return `${scheme}://${this.#host('tracker')}:6969/announce`;
  }

  #host(name: PlaceName): string {
    const { ip, ip6 } = this.place(name);
    return this.#cell.scenario.use.includes('ipv6') ? `[${ip6}]` : ip;
  }

  async seeder(options: PeerOptions = {}): Promise<Actor> {
    const name = options.name ?? 'seeder';
    return await this.#peer('seeder', name, options.by ?? this.#cell.seeder!, options);
  }

  async leecher(options: PeerOptions = {}): Promise<Actor> {
    return await this.#peer('leecher', options.name ?? 'leecher', options.by ?? this.#cell.leecher!, options);
  }

  async #peer(role: Role, kind: string, by: Implementation, options: PeerOptions): Promise<Actor> {
    const place = PLACES[kind as PlaceName] ?? CROWD + this.actors.length;
    const name = options.again === undefined ? kind : `${kind}-again`;
    const own = join(this.#stage.folder, options.again === undefined ? name : options.again.name);
    if (options.again === undefined) {
      for (const part of ['data', 'log', 'state']) mkdirSync(join(own, part), { recursive: true });
      if (role === 'seeder') writePayload(this.#payload, join(own, 'data'), !by.can.includes('padding'));
    }
    const log = join(this.#stage.folder, name, 'log');
    mkdirSync(log, { recursive: true });
    const actor = this.#stage.start(name, {
      image: this.#world.image(by),
      place,
      environment: { ...this.#environment(role, place, options), BT_NAME: by.name },
      mounts: [
        ...[`${this.#input}:/bt/in:ro`, `${own}/data:/bt/data`, `${own}/state:/bt/state`, `${log}:/bt/log`],
        ...(by.checkout === true ? [`${CHECKOUT}:/ferro:ro`] : []),
      ],
    });
    const taking = { ...actor, folder: own };
    this.actors.push(taking);
    if (role !== 'leecher') await this.#ready(taking, log);
    return taking;
  }

  #environment(role: Role, place: number, { upRate = 0 }: PeerOptions): Record<string, string> {
    const { scenario } = this.#cell;
    const six = scenario.use.includes('ipv6');
    const source = role === 'leecher' && scenario.source === 'magnet' ? 'magnet.txt' : 'file.torrent';
    return {
      BT_ROLE: role,
      BT_SCENARIO: scenario.name,
      BT_USE: scenario.use.join(' '),
      BT_IP: six ? this.#stage.ip6(place) : this.#stage.ip(place),
      BT_PORT: String(PEER_PORT),
      BT_DEADLINE: String(scenario.seconds),
      BT_UP_RATE: String(upRate),
      BT_TRACKER: this.#announceUrl() ?? '',
      BT_BOOTSTRAP: scenario.use.includes('dht') ? `${this.#host('node')}:${PEER_PORT}` : '',
      BT_NODES: scenario.use.includes('dht') ? MORE_NODES.map((port) => `${this.#host('node')}:${port}`).join(' ') : '',
      BT_IN: `/bt/in/${source}`,
      BT_DATA: '/bt/data',
      BT_STATE: '/bt/state',
      BT_LOG: '/bt/log',
    };
  }

  async script(name: keyof typeof SCRIPTS, environment: Readonly<Record<string, string>>): Promise<Actor> {
    const own = join(this.#stage.folder, name);
    const log = join(own, 'log');
    mkdirSync(log, { recursive: true });
    if (name === 'web') writePayload(this.#payload, join(own, 'data'));
    else mkdirSync(join(own, 'data'));
    const place = PLACES[name];
    const actor = this.#stage.start(name, {
      image: this.#world.tools,
      place,
      command: SCRIPTS[name],
      environment: {
        ...this.#environment('seeder', place, {}),
        BT_PIECES: String(this.pieces),
        HUB_PEER: `${this.place('seeder').ip}:${PEER_PORT}`,
        ...environment,
      },
      mounts: [`${this.#input}:/bt/in:ro`, `${own}/data:/bt/data`, `${log}:/bt/log`, `${CHECKOUT}:/ferro:ro`],
    });
    this.actors.push(actor);
    await this.#ready(actor, log);
    return actor;
  }

  node(kind = 'node'): Promise<Actor> {
    return this.script('node', { NODE_KIND: kind });
  }

  webServer(): Promise<Actor> {
    return this.script('web', {});
  }

  async #ready(actor: Actor, log: string): Promise<void> {
    const left = Math.min(READY_MS, this.#end - Date.now());
    await until(() => existsSync(join(log, 'ready')), left, `${actor.name} being ready`, actor.ended);
  }

  kill(actor: Actor): Promise<void> {
    return this.#stage.kill(actor);
  }

  async seen(bytes: number): Promise<void> {
    await until(
      () => statSync(this.#stage.capture).size >= bytes,
      this.#end - Date.now(),
      `${bytes} bytes on the wire`,
      // Nobody has finished by then: who has ended has failed.
      Promise.race(this.actors.map(({ ended }) => ended)),
    );
  }

  async announced(): Promise<void> {
    const capture = () => readFileSync(this.#stage.capture);
    const ended = Promise.race(this.actors.map((actor) => actor.ended));
    const soon = until(() => capture().includes(ANNOUNCE), ANNOUNCE_MS, 'an announce in the DHT', ended);
    await soon.catch((error: unknown) => {
      if (error instanceof Ended) throw error;
    });
  }

  async done(leecher: Actor): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), this.#end - Date.now());
    });
    const code = await Promise.race([leecher.ended, late]);
    // It would keep the whole run from ending.
    clearTimeout(timer);
    if (code === undefined) throw new Error(`${leecher.name} was not done after ${this.#cell.scenario.seconds} s`);
    if (code !== 0) throw new Ended(`${leecher.name} being done`, code);
  }
}
