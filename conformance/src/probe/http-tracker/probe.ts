/** Asks an HTTP tracker (BEP 3, trackers; BEP 48): announces, scrapes, and any request that a case writes by hand. */
import type { Context } from '../../context.ts';
import { Finding, HarnessError, show, Unsupported } from '../../finding.ts';
import type { HttpEndpoint } from '../../target/target.ts';
import { type BencodedMap, latin1 } from '../bencode.ts';
import { StreamLink } from '../streams.ts';
import { describeBody, readAnswer, type TrackerAnswer } from './answer.ts';
import { escapeBytes, type HttpAnswer, type HttpRequest, takeAnswer, writeRequest } from './http.ts';

/** Parameters by name, as they stand in the URL; undefined leaves one out. */
export type Parameters = Readonly<Record<string, string | number | undefined>>;

export interface ScrapedCounts {
  readonly complete: unknown;
  readonly incomplete: unknown;
  readonly downloaded: unknown;
}

export class HttpTracker {
  readonly #context: Context;
  readonly #means: 'http' | 'http6';

  constructor(context: Context, means: 'http' | 'http6' = 'http') {
    this.#context = context;
    this.#means = means;
  }

  get at(): HttpEndpoint {
    const at = this.#context.target.endpoints[this.#means];
    if (at === undefined) throw new HarnessError(`the target has no ${this.#means} address`);
    return at;
  }

  /** A client with an id and a port of its own. */
  peer(): HttpPeer {
    return new HttpPeer(this, this.#context);
  }

  link(): Promise<StreamLink> {
    return StreamLink.open(this.#context, this.at, 'http');
  }

  /** One request on a connection of its own. */
  async request(request: Partial<HttpRequest> & { readonly path: string }): Promise<HttpAnswer> {
    const { timeline } = this.#context;
    const link = await this.link();
    link.send(writeRequest({ host: this.at.host, ...request }), `${request.method ?? 'GET'} ${request.path}`);
    const answer = await link.next('the HTTP answer', takeAnswer);
    link.destroy();
    timeline.note(link.name, `status ${answer.status}: ${describeBody(answer.body)}`);
    return answer;
  }

  /** A query of this text, behind whatever the announce URL has already. */
  announcePath(query: string): string {
    const { path } = this.at;
    return `${path}${path.includes('?') ? '&' : '?'}${query}`;
  }

  /** BEP 48: the word announce in the path becomes scrape. */
  scrapePath(query: string): string {
    const [path = '', own] = this.at.path.split('?');
    if (!path.includes('announce')) throw new Unsupported('the URL has no announce in its path, so there is no scrape');
    const both = [own ?? [], query === '' ? [] : query].flat().join('&');
    return `${path.replace(/announce(?!.*announce)/, 'scrape')}${both === '' ? '' : `?${both}`}`;
  }

  async scrape(...hashes: readonly Uint8Array[]): Promise<TrackerAnswer> {
    const query = hashes.map((hash) => `info_hash=${escapeBytes(hash)}`).join('&');
    return readAnswer(await this.request({ path: this.scrapePath(query) }));
  }

  /** The counters of one info-hash; a finding where they are not there. */
  async counts(hash: Uint8Array): Promise<ScrapedCounts> {
    const entry = filesOf(await this.scrape(hash)).get(latin1(hash));
    if (!(entry instanceof Map)) throw new Finding('files in the scrape', 'an entry for the info-hash', show(entry));
    const counts = entry as BencodedMap;
    const [complete, incomplete, downloaded] = ['complete', 'incomplete', 'downloaded'].map((key) => counts.get(key));
    return { complete, incomplete, downloaded };
  }
}

export class HttpPeer {
  readonly id: Uint8Array;
  readonly port: number;
  readonly #tracker: HttpTracker;

  constructor(tracker: HttpTracker, { random }: Context) {
    this.#tracker = tracker;
    this.id = Buffer.from(`-FC0001-${Buffer.from(random.bytes(6)).toString('hex')}`);
    this.port = random.port();
  }

  /** Everything that an announce has, as it stands in the URL. */
  parameters(hash: Uint8Array, with_: Parameters = {}): Parameters {
    const { id, port } = this;
    const usual = { uploaded: 0, downloaded: 0, left: 1_000, compact: 1, event: 'started' };
    return { info_hash: escapeBytes(hash), peer_id: escapeBytes(id), port, ...usual, ...with_ };
  }

  /** An announce that has to succeed. */
  async announce(hash: Uint8Array, with_: Parameters = {}): Promise<TrackerAnswer> {
    const answer = await this.tryAnnounce(hash, with_);
    if (answer.failure === undefined) return answer;
    throw new Finding(
      'the announce',
      'no failure',
      show(answer.failure instanceof Uint8Array ? latin1(answer.failure) : answer.failure),
    );
  }

  async tryAnnounce(hash: Uint8Array, with_: Parameters = {}): Promise<TrackerAnswer> {
    return readAnswer(await this.rawAnnounce(hash, with_));
  }

  /** Whatever comes back. */
  rawAnnounce(hash: Uint8Array, with_: Parameters = {}): Promise<HttpAnswer> {
    return this.#tracker.request({ path: this.#tracker.announcePath(queryOf(this.parameters(hash, with_))) });
  }
}

export function queryOf(parameters: Parameters): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return given.map(([name, value]) => `${name}=${value}`).join('&');
}

export function filesOf({ dictionary }: TrackerAnswer): BencodedMap {
  const files = dictionary.get('files');
  if (!(files instanceof Map)) throw new Finding('the scrape', 'a dictionary with files', show([...dictionary.keys()]));
  return files;
}
