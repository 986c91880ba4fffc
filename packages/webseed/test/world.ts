/** Torrents, servers and a clock for the tests of this package. The servers answer a core directly, without a host. */
import { type Environment, equalBytes } from '../../core/src/index.ts';
import { Layout, type TorrentFile } from '../../metainfo/src/index.ts';
import { type SeedLayout, WebSeed, type WebSeedEvent, type WebSeedOptions, type WebSeedOutput } from '../src/index.ts';

export class World implements Environment {
  time = 1000;
  now(): number {
    return this.time;
  }
  random(bytes: Uint8Array): void {
    bytes.fill(0);
  }
}

export interface FileShape {
  readonly path: readonly string[];
  readonly original?: readonly string[];
  readonly length: number;
  readonly padding?: boolean;
}

/** A torrent of version 1, or of version 2, where a piece ends with its file. */
export function layoutOf(shapes: readonly FileShape[], pieceLength = 32_768, version: 'v1' | 'v2' = 'v1'): Layout {
  let offset = 0;
  const files = shapes.map((shape): TorrentFile => {
    const file = { padding: false, executable: false, hidden: false, ...shape, offset };
    offset += shape.length;
    return file;
  });
  return new Layout({ version, pieceLength, pieceCount: Math.ceil(offset / pieceLength), files });
}

/** The same bytes for the same file, everywhere different. */
export function contentOf(file: number, length: number): Uint8Array {
  const key = `${file} ${length}`;
  const bytes = contents.get(key) ?? makeContent(file, length);
  contents.set(key, bytes);
  return bytes;
}

const contents = new Map<string, Uint8Array>();

function makeContent(file: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (file + 1) * 2_654_435_761;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** What a piece should be. */
export function pieceOf(layout: SeedLayout, piece: number): Uint8Array {
  const bytes = new Uint8Array(layout.lengthOf(piece));
  let at = 0;
  for (const { file, offset, length } of layout.ranges(piece, 0, bytes.length)) {
    const { padding, length: whole } = layout.files[file]!;
    if (!padding) bytes.set(contentOf(file, whole).subarray(offset, offset + length), at);
    at += length;
  }
  return bytes;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Never ends, and says no more. */
  readonly hangs?: boolean;
  readonly error?: Error;
}

type Get = Extract<WebSeedOutput, { readonly type: 'get' }>;
export type Serve = (get: Get) => Answer | undefined;

/** As nginx does: the range that is asked for, or all. */
export function ranged(body: Uint8Array, get: Get): Answer {
  const range = /^bytes=(\d+)-(\d+)$/.exec(get.headers['range'] ?? '');
  if (range === null) return { status: 200, headers: { 'content-length': `${body.length}` }, body };
  const part = body.subarray(Number(range[1]), Number(range[2]) + 1);
  const headers = {
    'content-range': `bytes ${range[1]}-${range[2]}/${body.length}`,
    'content-length': `${part.length}`,
  };
  return { status: 206, headers, body: part };
}

/** A server with the files of a layout by URL. */
export function site(layout: SeedLayout, urlOf: (file: number) => string): Serve {
  const files = new Map(layout.files.map(({ length }, file) => [urlOf(file), { file, length }]));
  return (get) => {
    const found = files.get(get.url);
    return found === undefined ? { status: 404 } : ranged(contentOf(found.file, found.length), get);
  };
}

export const URL = 'http://seed.example/pub/';
export const urlOf = (layout: SeedLayout) => (file: number) =>
  URL + layout.files[file]!.path.map(encodeURIComponent).join('/');

/** A web seed and the server that it asks, mouth to mouth: what is under way moves when pump() is called. */
export class Pair {
  readonly world = new World();
  readonly layout: SeedLayout;
  readonly seed: WebSeed;
  /** Every request, in order. */
  readonly asked: Get[] = [];
  /** Everything but blocks. */
  readonly said: WebSeedEvent[] = [];
  /** What came, by piece. */
  readonly pieces = new Map<number, Uint8Array>();
  readonly under = new Map<number, { readonly answer: Answer; at: number; paused: boolean }>();
  chunkBytes = 10_000;
  serve: Serve;

  constructor(layout: SeedLayout, serve?: Serve, options: Partial<WebSeedOptions> = {}) {
    this.layout = layout;
    this.serve = serve ?? site(layout, urlOf(layout));
    this.seed = new WebSeed(this.world, { url: URL, layout, ...options });
  }

  get ranges(): (string | undefined)[] {
    return this.asked.map(({ headers }) => headers['range']);
  }

  hear(events: readonly WebSeedEvent[]): void {
    for (const event of events) {
      if (event.type !== 'block') {
        this.said.push(event);
        continue;
      }
      let bytes = this.pieces.get(event.piece);
      if (bytes === undefined) {
        bytes = new Uint8Array(this.layout.lengthOf(event.piece));
        this.pieces.set(event.piece, bytes);
      }
      bytes.set(event.data, event.begin + event.offset);
    }
  }

  flush(): void {
    for (const output of this.seed.flush()) {
      if (output.type === 'get') {
        this.asked.push(output);
        const answer = this.serve(output);
        if (answer !== undefined) this.under.set(output.id, { answer, at: -1, paused: false });
      } else if (output.type === 'abort') this.under.delete(output.id);
      else {
        const one = this.under.get(output.id);
        if (one !== undefined) one.paused = output.type === 'pause';
      }
    }
  }

  /** Everything that can happen without time passing. */
  pump(): void {
    for (let rounds = 0; rounds < 100_000; rounds++) {
      this.flush();
      if (this.seed.deadline <= this.world.time) this.hear(this.seed.tick());
      else if (!this.step()) return;
    }
    throw new Error('it never comes to rest');
  }

  /** One part of one answer; false if none can move. */
  step(): boolean {
    for (const [id, one] of this.under) {
      const { answer } = one;
      const { body = new Uint8Array(0) } = answer;
      if (one.at === -1) {
        one.at = 0;
        this.hear(this.seed.receive({ type: 'head', id, status: answer.status, headers: answer.headers ?? {} }));
        return true;
      }
      if (one.paused) continue;
      if (one.at < body.length) {
        const part = body.slice(one.at, one.at + this.chunkBytes);
        one.at += part.length;
        this.hear(this.seed.receive({ type: 'body', id, bytes: part }));
        part.fill(0xa5);
        return true;
      }
      if (answer.hangs === true) continue;
      this.under.delete(id);
      this.hear(this.seed.receive({ type: 'end', id, error: answer.error }));
      return true;
    }
    return false;
  }

  pass(milliseconds: number): void {
    this.world.time += milliseconds;
    this.pump();
  }

  isRight(piece: number): boolean {
    const bytes = this.pieces.get(piece);
    return bytes !== undefined && equalBytes(bytes, pieceOf(this.layout, piece));
  }

  /** The codes of what was said, types where there is none. */
  get words(): string[] {
    return this.said.map((event) => ('reason' in event ? `${event.type} ${event.reason.code}` : event.type));
  }
}
