/** BEP 3, trackers: a client that meets itself in the list, and one whose port somebody else has. */
import { createServer, type Server } from 'node:net';
import { ourAddress } from '../../addresses.ts';
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import { listing } from '../../probe/announce/http-spy.ts';
import { Notebook } from '../../probe/announce/notebook.ts';
import { PeerLink } from '../../probe/wire/link.ts';
import type { Endpoint } from '../../target/target.ts';
import { defineCase } from './define.ts';

const section = 'BEP 3, trackers';
const watchedMs = 10_000;
/** Some come again after a second, and call twice: encrypted, and in plain words. Five a second are a loop. */
const fewCalls = 50;
/** Our own reference does everything at once. */
const referenceMs = 400;

export const ownAddress: readonly Case[] = [
  defineCase({
    id: 'bep3.announce.self-in-peer-list',
    title: 'who finds itself in the list of peers does not stay connected to itself, nor calls itself again and again',
    section,
    killedBy: { 'calls-itself-again': 'non-strict' },
    async run(tools) {
      const tracker = await tools.http();
      const calls = new Notebook<Loop>(tools, 'a call of itself');
      let port = 0;
      // By a way round that is seen here: it cannot know its own address, and only the peer id tells.
      const roundabout = await PeerLink.listen(tools, ourAddress(209), (calling) => {
        void loop(tools, calling, { ip: ourAddress(), port }).then((each) => each !== undefined && calls.add(each));
      });
      tracker.answer = ({ query }) => {
        port = Number(query.get('port'));
        return listing([roundabout]);
      };
      const session = await tools.start({ announce: tracker.url });
      await calls.next().catch(() => tools.unsupported('it calls nobody that its tracker names'));
      const windowMs = tools.target.advance === undefined ? watchedMs : referenceMs;
      await calls.next('too often', () => calls.all.length > fewCalls, windowMs).catch(() => undefined);
      await tools.meanwhile(session);
      tools.expect(calls.all.length, 'calls of itself').atMost(fewCalls);
      for (const { calling, called } of calls.all) {
        const ends = await calling.settles(() => !calling.isOpen || !called.isOpen);
        tools.expect(ends, 'whether a connection to itself ends').is(true);
      }
    },
  }),
  defineCase({
    id: 'bep3.announce.port-after-fallback',
    title: 'who cannot have its port says so, or takes another and announces that one',
    section,
    alternatives: {
      'another port': 'pass',
      'no announce': 'pass',
      'another port that nobody answers at': 'non-strict',
    },
    killedBy: { 'announces-wanted-port': 'non-strict' },
    async run(tools) {
      const tracker = await tools.http();
      const taken = await takenPort(tools);
      const session = await tools.start({ announce: tracker.url, port: taken.port });
      // Before the program is stopped: then it is looked whether its port is free.
      tools.after(taken.free);
      const asked = await tracker.asked.next().catch(() => undefined);
      if (asked === undefined) return tools.outcome('no announce');
      const port = Number(asked.query.get('port'));
      tools.expect(port, 'the port').isNot(taken.port);
      const right = await tools.greeted(session, { ip: ourAddress(), port }).catch(() => undefined);
      tools.outcome(right === undefined ? 'another port that nobody answers at' : 'another port');
    },
  }),
];

interface Loop {
  readonly calling: PeerLink;
  readonly called: PeerLink;
}

/** Leads a call to `to`; undefined where nobody takes it. */
async function loop(context: Context, calling: PeerLink, to: Endpoint): Promise<Loop | undefined> {
  const called = await PeerLink.dial(context, to, ourAddress(210)).catch(() => undefined);
  if (called === undefined) {
    calling.close();
    return undefined;
  }
  calling.pipe(called);
  called.pipe(calling);
  return { calling, called };
}

/** Somebody who is not a peer listens there, over both families: who has it over one may announce it. */
async function takenPort(context: Context): Promise<{ readonly port: number; readonly free: () => void }> {
  const servers: Server[] = [];
  const listen = async (ip: string, port: number): Promise<number> => {
    const server = createServer((socket) => socket.on('error', () => {}));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, ip, resolve);
    });
    servers.push(server);
    return (server.address() as { port: number }).port;
  };
  const free = () => {
    for (const each of servers) each.close();
  };
  context.after(free);
  const port = await listen(ourAddress(), 0);
  // A machine without IPv6 means the other one.
  await listen('::1', port).catch(() => undefined);
  return { port, free };
}
