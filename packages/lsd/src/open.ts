/** Local service discovery over any host in a few lines (BEP 14): both groups where the machine has them, neighbours as they are heard. */
import {
  type Address,
  type AddressFamily,
  AsyncQueue,
  type Driven,
  driveDatagrams,
  type Host,
  type Id20,
} from '@ferro/core';
import { Lsd, type LsdEvent, type LsdTorrent } from './lsd.ts';

export interface OpenLsdOptions {
  /** Where we listen for peers. */
  readonly port: number;
  /** The network of this address only. Default: all. */
  readonly ip?: string;
  /** Default: both, or that of `ip`. */
  readonly families?: readonly AddressFamily[];
  /** Routers that an announcement may pass, and one more. Default: 1, this network only. */
  readonly hops?: number;
}

/** A neighbour that has a torrent of ours. */
export interface LsdPeer {
  readonly infoHash: Id20;
  readonly address: Address;
}

/** Iterates over neighbours; the same one may come again. */
export interface OpenLsd extends AsyncIterable<LsdPeer>, AsyncDisposable {
  /** The groups that have been joined. */
  readonly groups: readonly Address[];
  /** False: it is private, known already, or one too many. */
  add(torrent: LsdTorrent): boolean;
  remove(infoHash: Id20): void;
  close(): Promise<void>;
}

/** Rejects if no group can be joined. */
export async function openLsd(host: Host, options: OpenLsdOptions): Promise<OpenLsd> {
  const { port, ip, hops = 1 } = options;
  const families = options.families ?? (ip === undefined ? [4, 6] : [ip.includes(':') ? 6 : 4]);
  const found = new AsyncQueue<LsdPeer>();
  const on = (events: readonly LsdEvent[]) => {
    for (const event of events) {
      if (event.type === 'peer') found.push({ infoHash: event.infoHash, address: event.address });
    }
  };
  const join = (family: AddressFamily): Promise<Member> => {
    const core = new Lsd(host, { family, port });
    const { ip: group, port: groupPort } = core.group;
    const { promise, resolve, reject } = Promise.withResolvers<Member>();
    const at = { port: groupPort, group, hops, ...(ip !== undefined && { ip }) };
    const run = driveDatagrams(host, at, core, on, { ready: () => resolve({ core, run }), failed: reject });
    return promise;
  };
  const joined = await Promise.allSettled(families.map(join));
  const members = joined.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = joined.find((one) => one.status === 'rejected');
  if (members.length === 0) throw failed?.reason ?? new RangeError('no family');
  const close = async () => {
    for (const { run } of members) run.close();
    found.end();
  };
  return {
    groups: members.map(({ core }) => core.group),
    add: (torrent) => each(members, (core) => core.add(torrent)),
    remove: (infoHash) => void each(members, (core) => core.remove(infoHash)),
    close,
    [Symbol.asyncDispose]: close,
    [Symbol.asyncIterator]: () => found,
  };
}

interface Member {
  readonly core: Lsd;
  readonly run: Driven;
}

/** All of them know the same torrents. */
function each<Answer>(members: readonly Member[], command: (core: Lsd) => Answer): Answer {
  const answers = members.map(({ core, run }) => {
    const answer = command(core);
    run.flush();
    return answer;
  });
  return answers[0]!;
}
