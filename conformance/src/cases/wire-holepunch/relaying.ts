/** BEP 55: the relay of a holepunch, and whom it does not help. */
import { ourAddress } from '../../addresses.ts';
import type { Case } from '../../case.ts';
import type { Context } from '../../context.ts';
import type { Client } from '../../probe/wire/client.ts';
import { type Punch, punchErrors, punches, readPunch, writePunch } from '../../probe/wire/holepunch.ts';
import { PeerLink } from '../../probe/wire/link.ts';
import { ids, message, reservedWith, writeExtended } from '../../probe/wire/messages.ts';
import type { Endpoint } from '../../target/target.ts';
import { defineCase as define } from '../wire/define.ts';
import { type ExtendedLink, extendedLink, needed } from '../wire/extended.ts';

const section = 'BEP 55, the holepunch extension';
const notes = 'BEP 55, implementation notes';
const gate = 'bep55.advertise';
const ourId = 55;
const offer = { m: { ut_holepunch: ourId } };
const stranger = () => ({ ip: ourAddress(245), port: 7_777 });

const defineCase: typeof define = (declaration) => define({ gate, ...declaration });

export const relaying: readonly Case[] = [
  define({
    id: 'bep55.advertise',
    title: 'who helps others through their routers offers ut_holepunch',
    section,
    killedBy: { 'no-holepunch': 'unimplemented' },
    async run(tools) {
      tools.observe('id', needed(tools, await extendedLink(await tools.leeching(), offer), 'ut_holepunch'));
    },
  }),

  defineCase({
    id: 'bep55.relay-connect-both',
    title: 'the relay tells each of the two where the other is',
    section,
    killedBy: { 'one-sided': 'fail' },
    async run(tools) {
      const client = await tools.leeching();
      const [asker, other] = [await punching(client, 7_501), await punching(client, 7_502)];
      // Over TCP a peer may go by where it is connected from, or by where it says that it listens.
      const listensAt = { ip: other.at.ip, port: 7_502 };
      ask(tools, asker, listensAt);
      let toAsker = await heard(asker);
      if (toAsker.type === punches.error) ask(tools, asker, other.at);
      if (toAsker.type === punches.error) toAsker = await heard(asker);
      const toOther = await heard(other);
      tools.expect(toAsker.type, 'the message to who asks').is(punches.connect);
      tools.expect(toAsker.at.ip, 'the address that who asks is told').is(other.at.ip);
      tools.expect(toOther.type, 'the message to the other').is(punches.connect);
      tools.expect(toOther.at.ip, 'the address that the other is told').is(asker.at.ip);
    },
  }),

  defineCase({
    id: 'bep55.relay-not-connected',
    title: 'a rendezvous with somebody that the relay does not know is refused',
    section,
    killedBy: { 'silent-relay': 'non-strict' },
    run: (tools) => refused(tools, stranger(), [punchErrors.notConnected, punchErrors.noSuchPeer]),
  }),

  defineCase({
    id: 'bep55.relay-no-such-peer',
    title: 'a rendezvous with an address that is none is refused',
    section,
    killedBy: { 'silent-relay': 'non-strict' },
    run: (tools) => refused(tools, { ip: '0.0.0.0', port: 0 }, [punchErrors.noSuchPeer, punchErrors.notConnected]),
  }),

  defineCase({
    id: 'bep55.relay-no-support',
    title: 'a rendezvous with somebody who does not have the extension is refused',
    section,
    killedBy: { 'connects-anybody': 'non-strict' },
    async run(tools) {
      const client = await tools.leeching();
      const asker = await punching(client, 7_501);
      const { link } = await extendedLink(client, { m: {}, p: 7_503 });
      ask(tools, asker, { ip: link.ip, port: link.port });
      const { type, error } = await heard(asker);
      tools.expect(type, 'the kind of the answer').is(punches.error);
      tools.expect(error, 'the error').oneOf([punchErrors.noSupport, punchErrors.notConnected]);
    },
  }),

  defineCase({
    id: 'bep55.relay-no-self',
    title: 'a rendezvous with the relay itself is refused',
    section,
    killedBy: { 'says-not-connected-for-self': 'non-strict' },
    async run(tools) {
      const client = await tools.leeching();
      const { error } = await refusal(tools, client, client.running.at);
      // Who listens at all addresses need not know this one for its own.
      tools.expect(error, 'the error').oneOf([punchErrors.noSelf, punchErrors.notConnected]);
    },
  }),

  defineCase({
    id: 'bep55.relay-echo-fields',
    title: 'an error names the address that was asked for',
    section,
    killedBy: { 'blanks-errors': 'fail' },
    async run(tools) {
      tools
        .expect((await refusal(tools, await tools.leeching(), stranger())).at, 'the address in the error')
        .is(stranger());
    },
  }),

  defineCase({
    id: 'bep55.relay-ignores-unadvertised',
    title: 'who does not have the extension is not helped, and not answered',
    section: notes,
    killedBy: { 'punches-for-anybody': 'fail' },
    async run(tools) {
      const client = await tools.leeching();
      const other = await punching(client, 7_502);
      const plain = await extendedLink(client, { m: {} });
      ask(tools, { ...plain, at: stranger() }, other.at);
      const told = await tools.quiet(
        () => punchesTo(other),
        () => client.answers(),
      );
      const answers = plain.link.all.filter(
        ({ id, payload }) => id === ids.extended && payload[0] !== 0 && payload[2] === 0,
      );
      tools.expect(told.length, 'messages to the other').is(0);
      tools.expect(answers.length, 'answers').is(0);
    },
  }),

  defineCase({
    id: 'bep55.target-no-error',
    title: 'who is told to connect, and does not, says nothing to the relay',
    section: notes,
    killedBy: { 'refuses-to-connect': 'fail' },
    async run(tools) {
      const client = await tools.leeching();
      const relay = await punching(client, 7_501);
      relay.link.sendRaw(writePunch(needed(tools, relay, 'ut_holepunch'), { type: punches.connect, at: stranger() }));
      const told = await tools.quiet(
        () => punchesTo(relay),
        () => client.answers(),
      );
      tools.expect(told.filter(({ type }) => type === punches.error).length, 'errors').is(0);
    },
  }),

  defineCase({
    id: 'bep55.already-connected-ignored',
    title: 'who is told to connect to a peer that it is connected to does nothing',
    section: notes,
    killedBy: { 'connects-again': 'fail' },
    async run(tools) {
      const client = await tools.leeching();
      const relay = await punching(client, 7_501);
      let calls = 0;
      const at = await PeerLink.listen(tools, client.nextAddress(), () => calls++);
      const link = await callingFrom(client, at);
      relay.link.sendRaw(writePunch(needed(tools, relay, 'ut_holepunch'), { type: punches.connect, at }));
      await tools.quiet(
        () => [],
        () => client.answers(),
      );
      tools.expect(calls, 'calls to a peer that it is connected to').is(0);
      tools.expect(link.isOpen, 'whether the connection is open').is(true);
    },
  }),

  defineCase({
    id: 'bep55.malformed',
    title: 'messages that are too short or of an unknown kind do no harm',
    section,
    killedBy: { 'dies-of-odd-punch': 'crash' },
    async run(tools) {
      const client = await tools.leeching();
      const relay = await punching(client, 7_501);
      const id = needed(tools, relay, 'ut_holepunch');
      for (const payload of [[0], [0, 0, 127], [9, 0, 127, 0, 0, 1, 26, 225, 0, 0, 0, 0], [0, 7, 1, 2, 3, 4, 5, 6]]) {
        relay.link.sendRaw(message(ids.extended, Uint8Array.of(id, ...payload)));
      }
      await tools.quiet(
        () => [],
        () => client.answers(),
      );
    },
  }),

  defineCase({
    id: 'bep55.amplification-guard',
    title: 'of a thousand rendezvous with one peer few reach it',
    section: 'no text; whoever relays is a means to flood others',
    killedBy: { 'punches-for-ever': 'non-strict' },
    async run(tools) {
      const client = await tools.leeching();
      const [asker, other] = [await punching(client, 7_501), await punching(client, 7_502)];
      for (let each = 0; each < 1_000; each++) ask(tools, asker, other.at);
      const told = await tools.quiet(
        () => punchesTo(other),
        () => client.answers(),
      );
      tools.expect(told.length, 'of a thousand messages that reach the other').atMost(500);
    },
  }),
];

interface Punching extends ExtendedLink {
  /** What others have to name to reach it by the relay: where it is connected from. */
  readonly at: Endpoint;
}

async function punching(client: Client, port: number): Promise<Punching> {
  const extended = await extendedLink(client, { ...offer, p: port });
  return { ...extended, at: { ip: extended.link.ip, port: extended.link.port } };
}

/** From the address that it listens at: by the port that it tells, it is known. */
async function callingFrom(client: Client, { ip, port }: Endpoint): Promise<PeerLink> {
  const link = await PeerLink.dial(client.context, client.running.at, ip);
  link.greet(client.greeting({ reserved: reservedWith('extended') }));
  await link.handshake();
  link.sendRaw(writeExtended(0, { ...offer, p: port }), 'extended handshake');
  await link.next(ids.extended);
  return link;
}

function ask({ unsupported }: Pick<Context, 'unsupported'>, asker: Punching, at: Endpoint): void {
  const id = needed({ unsupported }, asker, 'ut_holepunch');
  asker.link.sendRaw(writePunch(id, { type: punches.rendezvous, at }), `rendezvous with ${at.ip}:${at.port}`);
}

async function refusal(tools: Context, client: Client, at: Endpoint): Promise<Punch> {
  const asker = await punching(client, 7_501);
  ask(tools, asker, at);
  const answer = await heard(asker);
  tools.expect(answer.type, 'the kind of the answer').is(punches.error);
  return answer;
}

async function refused(
  tools: Parameters<Parameters<typeof define>[0]['run']>[0],
  at: Endpoint,
  errors: readonly number[],
): Promise<void> {
  const { error } = await refusal(tools, await tools.leeching(), at);
  tools.expect(error, 'the error').oneOf(errors);
}

async function heard(to: Punching): Promise<Punch> {
  const { payload } = await to.link.next(ids.extended, (each) => each.payload[0] === ourId);
  return readPunch(payload.subarray(1)) ?? { type: -1, at: stranger(), error: -1 };
}

function punchesTo({ link }: Punching): readonly Punch[] {
  const own = link.all.filter(({ id, payload }) => id === ids.extended && payload[0] === ourId);
  return own.flatMap(({ payload }) => readPunch(payload.subarray(1)) ?? []);
}
