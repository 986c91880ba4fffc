/** Starting a DHT node for one case, in a folder of its own, and waiting until it answers. */
import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ourAddress } from '../../addresses.ts';
import type { Context } from '../../context.ts';
import { Finding } from '../../finding.ts';
import { limits } from '../../limits.ts';
import { Dht } from '../../probe/dht/probe.ts';
import type { Endpoint } from '../../target/target.ts';

export interface Start {
  readonly bootstrap?: Endpoint;
  /** Default: a fresh one. */
  readonly folder?: string;
  /** Asks and does not answer, so nobody waits until it does. */
  readonly readOnly?: true;
}

export interface Started {
  readonly dht: Dht;
  /** False where it could not be started, and is the one that runs anyway. */
  readonly isFresh: boolean;
  stop(): Promise<void>;
}

export async function start(context: Context, running: Dht, with_: Start = {}): Promise<Started> {
  const { target, after } = context;
  if (target.launch === undefined || !target.roles.includes('dht')) {
    return { dht: running, isFresh: false, stop: async () => {} };
  }
  const { bootstrap, readOnly } = with_;
  const folder = with_.folder ?? (await stateFolder(context));
  const entry = bootstrap === undefined ? {} : { bootstrap: `${bootstrap.ip}:${bootstrap.port}` };
  const launched = await target.launch({
    role: 'dht',
    folder,
    port: await freePort(),
    ...entry,
    ...(readOnly === true && { readOnly }),
  });
  let isStopped = false;
  const stop = async (): Promise<void> => {
    if (!isStopped) await launched.stop();
    isStopped = true;
  };
  after(stop);
  const dht = new Dht(context, 'dht', launched.at);
  if (readOnly !== true) await answering(dht);
  return { dht, isFresh: true, stop };
}

/** Removed when the case is over. */
export async function stateFolder({ after }: Pick<Context, 'after'>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ferro-conformance-'));
  after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Pings until an answer comes, of whatever kind; the silence of so many milliseconds is a finding. */
export async function answering(dht: Dht, waitMs: number = limits.startMs): Promise<void> {
  const asker = await dht.asker();
  const until = performance.now() + waitMs;
  for (;;) {
    asker.query('ping');
    try {
      await asker.datagrams.next('the answer to a ping', undefined, 10 * limits.lookMs);
      return;
    } catch (error) {
      if (!(error instanceof Finding) || performance.now() > until) throw error;
    }
  }
}

/** A port that nobody has now, neither of UDP nor of TCP, and below those that systems hand out by themselves. */
async function freePort(): Promise<number> {
  for (;;) {
    // Not of the seed: two runs with the same one would want the same ports.
    const port = randomInt(10_000, 30_000);
    if ((await isFree(port, createSocket('udp4'))) && (await isFree(port, createServer()))) return port;
  }
}

function isFree(port: number, socket: Socket | Server): Promise<boolean> {
  return new Promise((resolve) => {
    socket.once('error', () => resolve(false));
    const bound = () => socket.close(() => resolve(true));
    if (socket instanceof Server) socket.listen(port, ourAddress(), bound);
    else socket.bind(port, ourAddress(), bound);
  });
}
