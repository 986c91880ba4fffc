/** A peer that waits to be called, however often, and gives metadata (BEP 9) and data to whoever asks. What it was asked for is kept over all calls. */
import type { Context } from '../../context.ts';
import type { Endpoint } from '../../target/target.ts';
import { Notebook } from '../announce/notebook.ts';
import type { Fixture } from './fixture.ts';
import { PeerLink } from './link.ts';
import {
  type Block,
  blockLength,
  hasBit,
  ids,
  type Message,
  protocol,
  readExtended,
  reservedWith,
  writeExtended,
} from './messages.ts';
import { upload } from './uploader.ts';

const ourId = 77;
const types = { request: 0, data: 1 } as const;

export interface SeedOptions {
  /** The one of the torrent, if not given. */
  readonly infoHash?: Uint8Array;
  /** Everything, if not given. */
  readonly gives?: 'metadata' | 'data';
}

export class Seed {
  readonly at: Endpoint;
  /** Those that were answered, because they did not begin with encryption. */
  readonly calls: Notebook<PeerLink>;
  /** Pieces of metadata that it was asked for. */
  readonly metadata: Notebook<number>;
  readonly blocks: Notebook<Block>;
  readonly #context: Context;
  readonly #fixture: Fixture;
  readonly #options: SeedOptions;

  private constructor(context: Context, at: Endpoint, fixture: Fixture, options: SeedOptions) {
    this.#context = context;
    this.at = at;
    this.#fixture = fixture;
    this.#options = options;
    this.calls = new Notebook(context, `a call at ${at.ip}`);
    this.metadata = new Notebook(context, 'a request for metadata');
    this.blocks = new Notebook(context, 'a request');
  }

  static async open(context: Context, ip: string, fixture: Fixture, options: SeedOptions = {}): Promise<Seed> {
    const at = await PeerLink.listen(context, ip, (link) => void seed.#hear(link));
    const seed: Seed = new Seed(context, at, fixture, options);
    return seed;
  }

  /** The pieces that were asked for, each once, in their order in the torrent. */
  get pieces(): readonly number[] {
    return [...new Set(this.blocks.all.map(({ index }) => index))].toSorted((a, b) => a - b);
  }

  async #hear(link: PeerLink): Promise<void> {
    const theirId = { value: 0 };
    link.on((message) => this.#answer(link, message, theirId));
    await link.settles(() => link.theirs !== undefined || link.rest.length >= protocol.length);
    // Some try encryption first, and come again in plain words when that is hung up on.
    const isPlain = (link.theirs?.protocol ?? link.rest)[0] === protocol[0];
    if (!isPlain) return link.close();
    const peerId = Buffer.concat([Buffer.from('-FC0001-'), this.#context.random.bytes(12)]);
    const { infoHash = this.#fixture.infoHash, gives } = this.#options;
    link.greet({ infoHash, peerId, reserved: reservedWith('extended') });
    if (!(await link.settles(() => link.theirs !== undefined))) return;
    this.calls.add(link);
    if (hasBit(link.theirs!.reserved, 'extended')) this.#offer(link);
    if (gives === 'metadata') return;
    upload(link, this.#fixture, {
      answer: (block, honest) => {
        this.blocks.add(block);
        return honest;
      },
    });
  }

  #offer(link: PeerLink): void {
    const metadata = { m: { ut_metadata: ourId }, metadata_size: this.#fixture.info.length };
    link.sendRaw(writeExtended(0, this.#options.gives === 'data' ? { m: {} } : metadata), 'extended handshake');
  }

  #answer(link: PeerLink, message: Message, theirId: { value: number }): void {
    if (message.id !== ids.extended) return;
    const { info } = this.#fixture;
    const { id, dictionary } = readExtended(message);
    const names = dictionary?.get('m');
    if (id === 0 && names instanceof Map) theirId.value = Number(names.get('ut_metadata') ?? 0);
    const piece = dictionary?.get('piece');
    if (id !== ourId || dictionary?.get('msg_type') !== types.request || typeof piece !== 'number') return;
    this.metadata.add(piece);
    const data = info.subarray(piece * blockLength, (piece + 1) * blockLength);
    const head = { msg_type: types.data, piece, total_size: info.length };
    link.sendRaw(writeExtended(theirId.value, head, data), `metadata ${piece}`);
  }
}
