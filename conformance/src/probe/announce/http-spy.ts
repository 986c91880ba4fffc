/** An HTTP tracker of the case: keeps every request as it came, byte for byte, and answers as the case says (BEP 3, trackers). */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { ourAddress } from '../../addresses.ts';
import type { Context } from '../../context.ts';
import type { Endpoint } from '../../target/target.ts';
import { latin1, type Writable, writeBencode } from '../bencode.ts';
import { writeCompact } from '../endpoint.ts';
import { type Changes, changed } from '../files/sample.ts';
import { Notebook } from './notebook.ts';

export interface Asked {
  /** As in the request line. */
  readonly raw: string;
  readonly headers: IncomingHttpHeaders;
  /** Unescaped, held as latin-1 text; the first where a name comes twice. */
  readonly query: ReadonlyMap<string, string>;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Several are chunks. */
  readonly body: Uint8Array | readonly Uint8Array[];
}

export class HttpSpy {
  readonly url: string;
  readonly asked: Notebook<Asked>;
  /** How often it was asked for numbers of a swarm. */
  scrapes = 0;
  /** What it says of the swarms; it does not know where that is not given. */
  swarms: ((asked: Asked) => Answer) | undefined;
  answer: (asked: Asked) => Answer = () => listing([]);

  private constructor(context: Context, url: string) {
    this.url = url;
    this.asked = new Notebook(context, 'an announce over HTTP');
  }

  static async open(context: Context): Promise<HttpSpy> {
    const name = context.timeline.link('tracker');
    const server = createServer((request, response) => {
      const raw = request.url ?? '';
      const asked = { raw, headers: request.headers, query: queryOf(raw) };
      context.timeline.received(name, `GET ${raw}`, Buffer.from(raw));
      // Some ask for numbers of a swarm before they announce themselves, and that is no announce.
      if (raw.split('?', 1)[0]!.includes('scrape')) {
        spy.scrapes++;
        if (spy.swarms === undefined) return void response.writeHead(404, { Connection: 'close' }).end();
        return respond(response, spy.swarms(asked));
      }
      spy.asked.add(asked);
      respond(response, spy.answer(asked));
    });
    const respond = (response: ServerResponse, { status = 200, headers = {}, body }: Answer): void => {
      const chunks = body instanceof Uint8Array ? [body] : body;
      context.timeline.sent(name, `${status} ${latin1(Buffer.concat(chunks)).slice(0, 200)}`, Buffer.concat(chunks));
      const length = body instanceof Uint8Array ? { 'Content-Length': body.length } : {};
      response.writeHead(status, { ...headers, ...length, Connection: 'close' });
      for (const chunk of chunks) response.write(chunk);
      response.end();
    };
    context.after(() => {
      server.close();
      server.closeAllConnections();
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, ourAddress(), resolve);
    });
    const spy: HttpSpy = new HttpSpy(
      context,
      `http://${ourAddress()}:${(server.address() as { port: number }).port}/announce`,
    );
    return spy;
  }

  event(name: string, ms?: number): Promise<Asked> {
    return this.asked.next(`with event=${name}`, ({ query }) => query.get('event') === name, ms);
  }
}

/** What a tracker with these peers says. */
export function listing(peers: readonly Endpoint[], more: Changes = {}): Answer {
  return { body: writeBencode(changed({ interval: 1_800, peers: Buffer.concat(peers.map(writeCompact)) }, more)) };
}

/** The same, a dictionary for each peer. */
export function dictionaries(peers: readonly (Endpoint & { readonly id?: Uint8Array })[]): Writable {
  return peers.map(({ ip, port, id }) => ({ ip, port, ...(id !== undefined && { 'peer id': id }) }));
}

export function queryOf(raw: string): ReadonlyMap<string, string> {
  const query = new Map<string, string>();
  const at = raw.indexOf('?');
  for (const part of at < 0 ? [] : raw.slice(at + 1).split('&')) {
    const [name = '', ...value] = part.split('=');
    if (!query.has(name)) query.set(name, unescaped(value.join('=')));
  }
  return query;
}

function unescaped(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}
