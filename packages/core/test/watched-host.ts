/**
 * A host looked at from outside: it passes everything through and notes each broken promise of host.ts. Nothing may be called
 * back from inside a call, nothing before it has opened, nothing after it has ended or was closed. It also keeps what is open,
 * so that a test leaves nothing behind.
 */
import type { Closable, Host, Stream, StreamHandler } from '../src/index.ts';

/** One thing that was asked for, from the request to its end. */
interface Life {
  readonly what: string;
  over: boolean;
}

export class Watch {
  /** What the host did and should not have done. */
  readonly broken: string[] = [];
  readonly #open = new Set<Closable>();
  #depth = 0;

  /** Closes all that is still open. */
  closeAll(): void {
    for (const closable of [...this.#open]) closable.close();
  }

  host(host: Host): Host {
    return {
      now: () => host.now(),
      random: (bytes) => host.random(bytes),
      at: (when, run) => this.#ask('timer', (life) => host.at(when, this.#last(life, 'run', run))),
      resolve: (name, done) => this.#ask('resolve', (life) => host.resolve(name, this.#last(life, 'done', done))),
      connect: (to, handler) => {
        const life = { what: 'connection', over: false };
        const box: { stream?: Stream } = {};
        const stream = this.#call(() =>
          host.connect(
            to,
            this.#streamHandler(life, handler, () => box.stream),
          ),
        );
        box.stream = this.#stream(life, stream);
        return box.stream;
      },
      listen: (at, handler) => this.#listen(host, at, handler),
      bind: (at, handler) => this.#bind(host, at, handler),
      http: (request, handler) => this.#http(host, request, handler),
      storage: (layout, slots) => host.storage(layout, slots),
      copy: (from, into, at) => host.copy(from, into, at),
      readFile: (path, limit, done) => {
        const life = { what: 'readFile', over: false };
        this.#call(() => host.readFile(path, limit, this.#last(life, 'done', done)));
      },
      replaceFile: (path, bytes, done) => {
        const life = { what: 'replaceFile', over: false };
        this.#call(() => host.replaceFile(path, bytes, this.#last(life, 'done', done)));
      },
    };
  }

  #listen(host: Host, ...[at, handler]: Parameters<Host['listen']>): ReturnType<Host['listen']> {
    const life = { what: 'listener', over: false };
    const listener = this.#call(() =>
      host.listen(at, {
        ready: this.#each(life, 'ready', (local) => handler.ready?.(local)),
        failed: this.#last(life, 'failed', (error) => handler.failed?.(error)),
        accept: (stream) => {
          this.#enter(life, 'accept');
          const accepted = { what: 'accepted stream', over: false };
          const watched = this.#stream(accepted, stream);
          return this.#streamHandler(accepted, handler.accept(watched), () => watched);
        },
      }),
    );
    const closable = this.#closable(life, listener);
    return { close: () => closable.close(), get local() { return listener.local; } }; // biome-ignore format: one line
  }

  #bind(host: Host, ...[at, handler]: Parameters<Host['bind']>): ReturnType<Host['bind']> {
    const life = { what: 'datagram socket', over: false };
    const socket = this.#call(() =>
      host.bind(at, {
        ready: this.#each(life, 'ready', (local) => handler.ready?.(local)),
        failed: this.#last(life, 'failed', (error) => handler.failed?.(error)),
        receive: this.#each(life, 'receive', (datagrams) => handler.receive(datagrams)),
      }),
    );
    const closable = this.#closable(life, socket);
    return {
      close: () => closable.close(),
      send: (datagrams) => this.#call(() => socket.send(datagrams)),
      get local() {
        return socket.local;
      },
    };
  }

  #http(host: Host, ...[request, handler]: Parameters<Host['http']>): ReturnType<Host['http']> {
    const life = { what: 'exchange', over: false };
    const asked: typeof request = {
      ...request,
      permits: (address, url) => {
        // Asked from inside a call or not: a question, not an event.
        if (life.over) this.broken.push('exchange: permits was asked after the end');
        return request.permits(address, url);
      },
    };
    const exchange = this.#call(() =>
      host.http(asked, {
        head: this.#each(life, 'head', (status, headers, url) => handler.head(status, headers, url)),
        body: this.#each(life, 'body', (bytes) => handler.body(bytes)),
        end: this.#last(life, 'end', (error) => handler.end(error)),
      }),
    );
    const closable = this.#closable(life, exchange);
    return {
      close: () => closable.close(),
      pause: () => this.#call(() => exchange.pause()),
      resume: () => this.#call(() => exchange.resume()),
    };
  }

  #stream(life: Life, stream: Stream): Stream {
    const closable = this.#closable(life, stream);
    return {
      remote: stream.remote,
      write: (chunks, sent) =>
        this.#call(() =>
          sent === undefined ? stream.write(chunks) : stream.write(chunks, this.#each(life, 'sent', sent)),
        ),
      pause: () => this.#call(() => stream.pause()),
      resume: () => this.#call(() => stream.resume()),
      end: () => this.#call(() => stream.end()),
      close: () => closable.close(),
    };
  }

  #streamHandler(life: Life, handler: StreamHandler, watched: () => Stream | undefined): StreamHandler {
    let opened = false;
    const open = (name: string) => {
      this.#enter(life, name);
      if (!opened) this.broken.push(`${life.what}: ${name} came before opened`);
    };
    const { ended } = handler;
    return {
      opened: () => {
        this.#enter(life, 'opened');
        if (opened) this.broken.push(`${life.what}: opened came twice`);
        opened = true;
        const stream = watched();
        if (stream !== undefined) handler.opened?.(stream);
      },
      receive: (bytes) => {
        open('receive');
        handler.receive(bytes);
      },
      writable: () => {
        open('writable');
        handler.writable?.();
      },
      ...(ended === undefined
        ? {}
        : {
            ended: () => {
              open('ended');
              ended.call(handler);
            },
          }),
      closed: this.#last(life, 'closed', (error) => handler.closed(error)),
    };
  }

  #ask(what: string, make: (life: Life) => Closable): Closable {
    const life = { what, over: false };
    return this.#closable(
      life,
      this.#call(() => make(life)),
    );
  }

  #closable(life: Life, closable: Closable): Closable {
    const watched: Closable = {
      close: () => {
        life.over = true;
        this.#open.delete(watched);
        this.#call(() => closable.close());
      },
    };
    this.#open.add(watched);
    return watched;
  }

  #each<Args extends unknown[]>(life: Life, name: string, run: (...args: Args) => void): (...args: Args) => void {
    return (...args) => {
      this.#enter(life, name);
      run(...args);
    };
  }

  #last<Args extends unknown[]>(life: Life, name: string, run: (...args: Args) => void): (...args: Args) => void {
    return (...args) => {
      this.#enter(life, name);
      life.over = true;
      run(...args);
    };
  }

  #enter(life: Life, name: string): void {
    if (this.#depth > 0) this.broken.push(`${life.what}: ${name} was called from inside a call`);
    if (life.over) this.broken.push(`${life.what}: ${name} was called after the end`);
  }

  #call<Result>(run: () => Result): Result {
    this.#depth++;
    try {
      return run();
    } finally {
      this.#depth--;
    }
  }
}
