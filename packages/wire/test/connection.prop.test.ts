/**
 * Message legality by a model: a second, much simpler notion of what may be said when (BEP 3, BEP 6, BEP 10) is asked beside
 * the connection, for every message in every state and for long random conversations with commands of ours in between.
 */
import { encode } from '@ferro/bencode';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { streamCoreContract } from '../../core/test/stream-core.contract.ts';
import {
  type Block,
  decodeMessage,
  encodeMessage,
  type Message,
  type PeerConnection,
  type PeerEvent,
} from '../src/index.ts';
import { anyMessage, joined } from './messages.ts';
import { bytesOf, closedBy, framesOf, hello, join, make, ready } from './pair.ts';

const PIECES = 4;
const GEOMETRY = { pieceCount: PIECES, pieceLength: 4, length: 14 };

/** What a peer may say about this little torrent, or just outside of it. */
const block: fc.Arbitrary<Block> = fc.record({
  piece: fc.nat(PIECES),
  begin: fc.constantFrom(0, 2),
  length: fc.constantFrom(1, 2),
});
const remote: fc.Arbitrary<Message> = fc.oneof(
  { weight: 2, arbitrary: anyMessage },
  {
    weight: 12,
    arbitrary: fc.oneof(
      fc.constantFrom<Message[]>(
        { type: 'choke' },
        { type: 'unchoke' },
        { type: 'unchoke' },
        { type: 'interested' },
        { type: 'not-interested' },
        { type: 'keep-alive' },
        { type: 'have-all' },
        { type: 'have-none' },
        { type: 'bitfield', bits: Uint8Array.of(0xf0) },
        { type: 'extended', id: 0, payload: encode({ reqq: 3 }) },
      ),
      fc.record({
        type: fc.constantFrom('have' as const, 'suggest' as const, 'allowed-fast' as const),
        piece: fc.nat(PIECES),
      }),
      fc
        .tuple(fc.constantFrom('request' as const, 'request' as const, 'cancel' as const, 'reject' as const), block)
        .map(([type, fields]) => ({ type, ...fields })),
      block.map(({ piece, begin, length }) => ({ type: 'piece' as const, piece, begin, data: new Uint8Array(length) })),
    ) as fc.Arbitrary<Message>,
  },
);
type Command = readonly ['choke' | 'unchoke' | 'answer' | 'refuse' | 'ask' | 'cancel' | 'allow', Block];
const command: fc.Arbitrary<Command> = fc.tuple(
  fc.constantFrom('choke', 'unchoke', 'unchoke', 'answer', 'refuse', 'ask', 'ask', 'ask', 'cancel', 'allow'),
  block.filter(({ piece }) => piece < PIECES),
) as fc.Arbitrary<Command>;

const QUEUE = 3;
const TOLERATED = 2;
const nameOf = ({ piece, begin, length }: Block) => `${piece} ${begin} ${length}`;

/** What ought to happen. Events are named by type; `closed` stands for any closing. */
class Model {
  opening = true;
  closed = false;
  choked = true;
  choking = true;
  queue = 2_000;
  unrequested = 0;
  readonly asked = new Set<string>();
  readonly givenUp = new Set<string>();
  readonly waiting = new Set<string>();
  readonly allowed = new Set<number>();
  readonly granted = new Set<number>();
  readonly fast: boolean;
  readonly extensions: boolean;

  constructor(fast: boolean, extensions: boolean) {
    this.fast = fast;
    this.extensions = extensions;
  }

  /** Whether a message would end it. */
  ends(message: Message): boolean {
    const copy = new Model(this.fast, this.extensions);
    Object.assign(copy, this);
    for (const name of ['asked', 'givenUp', 'waiting', 'allowed', 'granted'] as const) {
      Object.assign(copy, { [name]: new Set<unknown>(this[name]) });
    }
    return copy.hear(message).includes('closed');
  }

  hear(message: Message): readonly string[] {
    const events = this.#judge(message);
    if (events.includes('closed')) this.closed = true;
    return events;
  }

  #judge(message: Message): readonly string[] {
    const { type } = message;
    const first = this.opening;
    if (!['keep-alive', 'extended', 'unknown'].includes(type)) this.opening = false;
    if (['have-all', 'have-none', 'suggest', 'reject', 'allowed-fast'].includes(type) && !this.fast) return ['closed'];
    if (type === 'have-none' && !first) return ['closed'];
    switch (message.type) {
      case 'keep-alive':
      case 'unknown':
        return [];
      case 'extended':
        return this.#extended(message.id, message.payload);
      case 'bitfield':
        return message.bits.length === 1 && (message.bits[0]! & 15) === 0 ? [type] : ['closed'];
      case 'have':
      case 'suggest':
      case 'allowed-fast':
        if (message.piece >= PIECES) return ['closed'];
        if (type === 'allowed-fast') this.allowed.add(message.piece);
        return [type];
      case 'choke':
      case 'unchoke':
        this.choked = type === 'choke';
        if (this.choked && !this.fast) for (const name of this.asked) this.#giveUp(name);
        return [type];
      case 'request':
        return this.#request(message);
      case 'cancel':
        return this.waiting.delete(nameOf(message)) ? [type] : [];
      case 'reject':
        if (this.asked.delete(nameOf(message))) return [type];
        return this.givenUp.delete(nameOf(message)) || ++this.unrequested <= TOLERATED ? [] : ['closed'];
      case 'piece':
        return this.#piece(nameOf({ ...message, length: message.data.length }));
      default:
        return [type];
    }
  }

  #extended(id: number, payload: Uint8Array): readonly string[] {
    if (!this.extensions) return ['closed'];
    if (id !== 0) return [];
    if (Buffer.from(payload).toString() !== 'd4:reqqi3ee') return ['closed'];
    this.queue = 3;
    return ['extended-handshake'];
  }

  #request(message: Block): readonly string[] {
    const end = Math.min(4, 14 - 4 * message.piece);
    if (message.piece >= PIECES || message.length === 0 || message.begin + message.length > end) return ['closed'];
    if (this.choking && !this.granted.has(message.piece)) return [];
    if (this.waiting.size >= QUEUE) return this.fast ? [] : ['closed'];
    if (this.waiting.has(nameOf(message))) return [];
    this.waiting.add(nameOf(message));
    return ['request'];
  }

  #piece(name: string): readonly string[] {
    if (this.asked.delete(name) || this.givenUp.delete(name)) return ['block'];
    if (this.fast) return ['closed'];
    return ++this.unrequested <= TOLERATED ? ['unrequested'] : ['closed'];
  }

  #giveUp(name: string): void {
    this.asked.delete(name);
    this.givenUp.add(name);
  }

  /** What a command answers. */
  say([what, wanted]: Command): boolean | undefined {
    const name = nameOf(wanted);
    switch (what) {
      case 'choke':
        for (const waiting of this.waiting) {
          if (!this.choking && !this.granted.has(Number(waiting.split(' ')[0]))) this.waiting.delete(waiting);
        }
        this.choking = true;
        return undefined;
      case 'unchoke':
        this.choking = false;
        return undefined;
      case 'answer':
      case 'refuse':
        return this.waiting.delete(name);
      case 'ask':
        if ((this.choked && !this.allowed.has(wanted.piece)) || this.asked.size >= this.queue) return false;
        if (this.asked.has(name)) return false;
        this.asked.add(name);
        return true;
      case 'cancel':
        if (!this.asked.has(name)) return false;
        this.#giveUp(name);
        return true;
      case 'allow':
        if (this.fast) this.granted.add(wanted.piece);
        return this.fast;
    }
  }
}

function run(connection: PeerConnection, [what, wanted]: Command): boolean | undefined {
  switch (what) {
    case 'answer':
      return connection.piece(wanted.piece, wanted.begin, new Uint8Array(wanted.length));
    case 'refuse':
      return connection.reject(wanted);
    case 'ask':
      return connection.request(wanted);
    case 'cancel':
      return connection.cancel(wanted);
    case 'allow':
      return connection.allowFast([wanted.piece]);
    default:
      connection[what]();
      return undefined;
  }
}

function connect(fast: boolean, extensions: boolean): PeerConnection {
  const bits = [...(fast ? (['fast'] as const) : []), ...(extensions ? (['extensions'] as const) : [])];
  const limits = { requestsIn: QUEUE, requestsInWithoutFast: QUEUE, unrequested: TOLERATED };
  const connection = ready({ geometry: GEOMETRY, limits }, bits);
  connection.haveAll();
  return connection;
}

const typesOf = (events: readonly PeerEvent[]) => events.map((event) => event.type);

test('BEP 3, 6, 10: long conversations go as the model says', () => {
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.boolean(),
      fc.array(fc.tuple(fc.oneof(remote, command), fc.nat(60)), { minLength: 1, maxLength: 100, size: 'max' }),
      (fast, extensions, steps) => {
        const connection = connect(fast, extensions);
        const model = new Model(fast, extensions);
        for (const [step, luck] of steps) {
          // A conversation that ends soon tells little: most of what would end it is left out.
          if (!Array.isArray(step) && luck > 0 && model.ends(step as Message)) continue;
          if (Array.isArray(step)) {
            const wanted = model.say(step as unknown as Command);
            expect(run(connection, step as unknown as Command), String(step[0])).toBe(wanted);
          } else {
            const message = step as Message;
            expect(typesOf(connection.receive(encodeMessage(message))), JSON.stringify(message)).toEqual(
              model.hear(message),
            );
          }
          expect(connection.closed).toBe(model.closed);
          if (model.closed) return;
          expect(connection.choked).toBe(model.choked);
          expect(connection.choking).toBe(model.choking);
          expect(connection.outstanding).toBe(model.asked.size);
          expect(connection.waiting).toBe(model.waiting.size);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('BEP 6: every request gets exactly one answer, and nothing else is answered', () => {
  const theirs = fc.record({
    type: fc.constantFrom('request' as const, 'request' as const, 'cancel' as const),
    wanted: block,
  });
  fc.assert(
    fc.property(fc.array(fc.oneof(theirs, command), { maxLength: 60 }), (steps) => {
      const connection = connect(true, false);
      connection.unchoke();
      /** Requests without an answer. */
      const open = new Map<string, number>();
      const count = (name: string, by: number) => open.set(name, (open.get(name) ?? 0) + by);
      for (const step of steps) {
        if ('wanted' in step) {
          const wanted = { ...step.wanted, piece: step.wanted.piece % 3 };
          // What waits already is not asked again: such a request has no answer of its own.
          if (step.type === 'request' && open.get(nameOf(wanted))) continue;
          if (step.type === 'request') count(nameOf(wanted), 1);
          connection.receive(bytesOf({ type: step.type, ...wanted }));
        } else {
          run(connection, step);
        }
        for (const frame of framesOf(connection.flush())) {
          const message = decodeMessage(frame);
          if (message.type === 'piece') count(nameOf({ ...message, length: message.data.length }), -1);
          if (message.type === 'reject') count(nameOf(message), -1);
        }
        const unanswered = [...open.values()];
        expect(unanswered.every((answers) => answers === 0 || answers === 1)).toBe(true);
        expect(unanswered.filter((answers) => answers === 1).length).toBe(connection.waiting);
      }
    }),
    { numRuns: 500 },
  );
});

const EXAMPLES: readonly Message[] = [
  { type: 'keep-alive' },
  { type: 'choke' },
  { type: 'unchoke' },
  { type: 'interested' },
  { type: 'not-interested' },
  { type: 'have-all' },
  { type: 'have-none' },
  { type: 'have', piece: 1 },
  { type: 'suggest', piece: 1 },
  { type: 'allowed-fast', piece: 1 },
  { type: 'bitfield', bits: Uint8Array.of(0xf0) },
  { type: 'request', piece: 1, begin: 0, length: 1 },
  { type: 'cancel', piece: 1, begin: 0, length: 1 },
  { type: 'reject', piece: 1, begin: 0, length: 1 },
  { type: 'piece', piece: 1, begin: 0, data: new Uint8Array(1) },
  { type: 'port', port: 6_881 },
  { type: 'extended', id: 0, payload: encode({ reqq: 3 }) },
  { type: 'extended', id: 7, payload: new Uint8Array(0) },
  { type: 'hash-request', piecesRoot: new Uint8Array(32), baseLayer: 0, index: 0, length: 2, proofLayers: 0 },
  { type: 'hash-reject', piecesRoot: new Uint8Array(32), baseLayer: 0, index: 0, length: 2, proofLayers: 0 },
  {
    type: 'hashes',
    piecesRoot: new Uint8Array(32),
    baseLayer: 0,
    index: 0,
    length: 2,
    proofLayers: 0,
    hashes: new Uint8Array(64),
  },
  { type: 'unknown', id: 99, payload: new Uint8Array(3) },
];

const FOUR = [true, false].flatMap((fast) => [true, false].map((extensions) => [fast, extensions] as const));

test.each(FOUR)('BEP 3, 6, 10: every message after every other, fast %s, extensions %s', (fast, extensions) => {
  for (const first of EXAMPLES) {
    for (const second of EXAMPLES) {
      const connection = connect(fast, extensions);
      const model = new Model(fast, extensions);
      for (const message of [first, second]) {
        if (model.closed) break;
        expect(typesOf(connection.receive(encodeMessage(message))), `${second.type} after ${first.type}`).toEqual(
          model.hear(message),
        );
      }
    }
  }
});

test.each(EXAMPLES.map((message) => [message.type, message] as const))(
  'BEP 3: %s before the handshake is no BitTorrent',
  (_, message) => {
    expect(closedBy(make().receive(encodeMessage(message)))).toBe('wire/unknown-protocol');
  },
);

streamCoreContract({
  name: 'PeerConnection',
  make: () => make({ geometry: GEOMETRY }),
  conversations: fc.array(remote, { maxLength: 20 }).map((messages) => join([hello(), ...messages.map(encodeMessage)])),
  describe: (events) => joined(events as readonly PeerEvent[]),
});

streamCoreContract({
  name: 'PeerConnection without the fast extension',
  make: () => make({ geometry: GEOMETRY, fast: false }),
  conversations: fc.array(remote, { maxLength: 20 }).map((messages) => join([hello(), ...messages.map(encodeMessage)])),
  describe: (events) => joined(events as readonly PeerEvent[]),
});
