/** How the reference peer fetches from web servers (BEP 19): runs of missing pieces, a request for each part of a file. */
import { type Bencoded, type BencodedMap, latin1, readBencode } from '../../probe/bencode.ts';
import type { Bug } from './bugs.ts';
import type { Part } from './disk.ts';
import type { PeerNode } from './node.ts';

const mostPieces = 16;
const attempts = 3;
const forEver = 60;
/** More than anybody follows for all pieces together. */
const endlessHops = 300;

export class WebSeed {
  readonly #node: PeerNode;
  readonly #url: string;
  #retryAtMs = 0;
  #discarded = false;
  #failures = 0;
  #running = false;

  constructor(node: PeerNode, url: string) {
    this.#node = node;
    this.#url = url;
  }

  /** Fetches until nothing is missing, the server is no good, or it wants to be left alone. */
  async run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    while (this.#wants()) await this.#step(this.#run());
    this.#running = false;
  }

  #wants(): boolean {
    const { store, nowMs } = this.#node;
    return !this.#discarded && store !== undefined && this.#missing().length > 0 && nowMs >= this.#retryAtMs;
  }

  async #step(pieces: readonly number[]): Promise<void> {
    const store = this.#node.store!;
    const start = pieces[0]! * store.pieceLength;
    const end = Math.min(store.length, (pieces.at(-1)! + 1) * store.pieceLength);
    const bytes = await this.#bytes(start, end);
    if (bytes === undefined) {
      const most = this.#has('hammers-missing') || this.#has('hammers-busy') ? forEver : attempts;
      if (++this.#failures >= most) this.#discarded = true;
      return;
    }
    for (const piece of pieces) {
      const at = piece * store.pieceLength - start;
      const right = this.#node.fetchedPiece(piece, bytes.subarray(at, at + store.sizeOf(piece)));
      if (right) continue;
      if (!this.#has('keeps-bad-urls') || ++this.#failures > forEver) this.#discarded = true;
      return;
    }
  }

  /** Undefined where it did not come. */
  async #bytes(start: number, end: number): Promise<Uint8Array | undefined> {
    const found: Uint8Array[] = [];
    for (const part of this.#node.store!.disk.partsOf(start, end)) {
      if (part.padding && !this.#has('fetches-padding')) {
        found.push(new Uint8Array(part.end - part.begin));
        continue;
      }
      const bytes = await this.#part(part).catch(() => undefined);
      if (bytes === undefined) return undefined;
      found.push(bytes);
    }
    return Buffer.concat(this.#has('joins-wrongly') ? found.reverse() : found);
  }

  async #part({ path, begin, end }: Part): Promise<Uint8Array | undefined> {
    const url = urlOf(this.#url, path, this.#node, (bug) => this.#has(bug));
    const last = this.#has('exclusive-range') ? end : end - 1;
    const response = await this.#ask(url, { Range: `bytes=${begin}-${last}` });
    const { status, headers } = response;
    if (status === 503 && !this.#has('hammers-busy')) {
      this.#retryAtMs = this.#node.nowMs + 1_000 * Number(headers.get('retry-after') ?? 5);
      this.#failures--;
      return undefined;
    }
    if (headers.get('transfer-encoding') === 'chunked' && this.#has('needs-length')) return undefined;
    const body = await this.#bodyOf(response, end - begin);
    if (status === 200)
      return this.#has('misplaces-whole-files') ? body.subarray(0, end - begin) : body.subarray(begin, end);
    if (status !== 206 || this.#has('whole-files-only')) return undefined;
    const isRange = headers.get('content-range')?.startsWith(`bytes ${begin}-`) === true;
    return isRange || this.#has('believes-web-seeds') ? body.subarray(0, end - begin) : undefined;
  }

  async #ask(url: string, headers: Record<string, string>): Promise<Response> {
    if (!this.#has('no-redirects') && !this.#has('redirects-for-ever')) return fetch(url, { headers });
    let response = await fetch(url, { headers, redirect: 'manual' });
    for (let hop = 0; hop < endlessHops && this.#has('redirects-for-ever') && response.status === 302; hop++) {
      response = await fetch(new URL(response.headers.get('location')!, url), { headers, redirect: 'manual' });
    }
    return response;
  }

  async #bodyOf(response: Response, wanted: number): Promise<Uint8Array> {
    if (!this.#has('keeps-truncated')) return new Uint8Array(await response.arrayBuffer());
    const body = await response.arrayBuffer().catch(() => new ArrayBuffer(wanted));
    return new Uint8Array(body);
  }

  /** A run of missing pieces. */
  #run(): readonly number[] {
    const missing = this.#missing();
    const most = this.#has('piece-by-piece') ? 1 : mostPieces;
    const run = missing.slice(0, 1);
    while (run.length < most && missing.includes(run.at(-1)! + 1)) run.push(run.at(-1)! + 1);
    return run;
  }

  #missing(): readonly number[] {
    const { have, pieceCount } = this.#node.store!;
    const count = this.#has('misses-last-piece') ? pieceCount - 1 : pieceCount;
    return Array.from({ length: count }, (_, at) => at).filter((piece) => !have.has(piece));
  }

  #has(bug: Bug): boolean {
    return this.#node.has(bug);
  }
}

/** Where a file is: the URL itself, or the path of the file below it. */
function urlOf(url: string, path: readonly string[], { store }: PeerNode, has: (bug: Bug) => boolean): string {
  const { single, name, fileCount } = store!.disk;
  const escaped = (text: string) => (has('raw-names') ? text : encodeURIComponent(text));
  const alone = single || (fileCount === 1 && has('one-file-is-single'));
  if (alone && url.endsWith('/') && !has('ignores-slash')) return url + escaped(name);
  if (alone) return has('appends-name') ? `${url}/${escaped(name)}` : url;
  const base = url.endsWith('/') || has('joins-without-slash') ? url : `${url}/`;
  return base + [...(has('omits-name') ? [] : [name]), ...path].map(escaped).join('/');
}

/** What the torrent names that is an HTTP URL. */
export function webSeedsIn(torrent: Uint8Array, has: (bug: Bug) => boolean): readonly string[] | undefined {
  const list = (readBencode(torrent).value as BencodedMap).get('url-list');
  if (list === undefined || has('no-web-seeds')) return [];
  const all: readonly Bencoded[] = Array.isArray(list) ? list : has('lists-only') ? [] : [list as Bencoded];
  const odd = all.some((each) => !(each instanceof Uint8Array) || !/^http:/.test(latin1(each)));
  if ((odd || all.length === 0) && has('dies-of-odd-urls')) return undefined;
  const urls = all.flatMap((each) => (each instanceof Uint8Array ? [latin1(each)] : []));
  const known = urls.filter((url) => /^http:/.test(url));
  return has('first-url-only') ? known.slice(0, 1) : known;
}
