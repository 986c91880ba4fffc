/** A web server of the case with the files of a torrent, as a seeder of a client (BEP 19): keeps every request, and answers as the case says. */
import { createServer } from 'node:http';
import { ourAddress } from '../../addresses.ts';
import type { Context } from '../../context.ts';
import { Notebook } from '../announce/notebook.ts';
import type { Fixture } from '../wire/fixture.ts';

export interface WebRequest {
  /** As in the request line. */
  readonly path: string;
  /** First and last byte, both in it; undefined where the whole is asked for. */
  readonly range: readonly [number, number] | undefined;
}

export interface WebAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Ends the connection after so many bytes of the body. */
  readonly cutAt?: number;
  /** In chunks, without a length. */
  readonly chunked?: true;
}

export class WebServer {
  readonly root: string;
  readonly asked: Notebook<WebRequest>;
  /** Undefined is what an honest server says. */
  answer: (request: WebRequest) => WebAnswer | undefined = () => undefined;
  readonly #files: ReadonlyMap<string, Uint8Array>;

  private constructor(context: Context, root: string, files: ReadonlyMap<string, Uint8Array>) {
    this.root = root;
    this.#files = files;
    this.asked = new Notebook(context, 'a request to the web server');
  }

  /** Has the files under the names that they have below `/pub/`. */
  static async open(context: Context, fixture: Fixture): Promise<WebServer> {
    const name = context.timeline.link('web server');
    const server = createServer((incoming, outgoing) => {
      const request = { path: incoming.url ?? '', range: rangeOf(incoming.headers.range) };
      const range = request.range === undefined ? 'all of it' : `bytes ${request.range[0]} to ${request.range[1]}`;
      context.timeline.received(name, `GET ${request.path}, ${range}`, Buffer.from(incoming.headers.range ?? ''));
      spy.asked.add(request);
      const {
        status,
        headers = {},
        body = new Uint8Array(),
        cutAt,
        chunked,
      } = spy.answer(request) ?? spy.honest(request);
      context.timeline.sent(
        name,
        `${status} with ${body.length} bytes ${JSON.stringify(headers)}`,
        body.subarray(0, 64),
      );
      outgoing.writeHead(status, { ...headers, ...(chunked !== true && { 'Content-Length': String(body.length) }) });
      if (cutAt === undefined) return void outgoing.end(body);
      outgoing.write(body.subarray(0, cutAt), () => incoming.socket.destroy());
    });
    context.after(() => {
      server.close();
      server.closeAllConnections();
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, ourAddress(), resolve);
    });
    const { port } = server.address() as { port: number };
    const spy: WebServer = new WebServer(context, `http://${ourAddress()}:${port}`, filesOf(fixture));
    return spy;
  }

  honest({ path, range }: WebRequest): WebAnswer {
    const file = this.#files.get(decoded(path));
    if (file === undefined) return { status: 404 };
    if (range === undefined) return { status: 200, body: file };
    const [first, last] = [range[0], Math.min(range[1], file.length - 1)];
    return {
      status: 206,
      headers: { 'Content-Range': `bytes ${first}-${last}/${file.length}` },
      body: file.subarray(first, last + 1),
    };
  }
}

function filesOf({ name, data, files }: Fixture): ReadonlyMap<string, Uint8Array> {
  if (files === undefined)
    return new Map([
      ['/exact', data],
      [`/pub/${name}`, data],
    ]);
  return new Map(files.map((file) => [`/pub/${name}/${file.path.join('/')}`, file.data]));
}

function rangeOf(header: string | undefined): readonly [number, number] | undefined {
  const found = /^bytes=(\d+)-(\d+)$/.exec(header ?? '');
  return found === null ? undefined : [Number(found[1]), Number(found[2])];
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path.split('?')[0]!);
  } catch {
    return path;
  }
}
