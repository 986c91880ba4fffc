/** The parts of npm's bittorrent-tracker that the tests use; it has no types of its own. */
declare module 'bittorrent-tracker/client' {
  export default class Client {
    constructor(options: { infoHash: string; peerId: string; announce: readonly string[]; port: number });
    on(event: string, listener: (value: unknown) => void): void;
    once(event: string, listener: (value: unknown) => void): void;
    start(): void;
    stop(): void;
    scrape(): void;
    destroy(done: (value: unknown) => void): void;
  }
}

declare module 'bittorrent-tracker/server' {
  interface Port {
    address(): { readonly port: number };
  }
  export default class Server {
    readonly http: Port;
    readonly udp4: Port;
    constructor(options: { http: boolean; udp: boolean; ws: boolean; stats: boolean });
    on(event: string, listener: (value: unknown) => void): void;
    listen(port: number, at: Readonly<Record<'http' | 'udp' | 'udp6', string>>, done: () => void): void;
    close(done: (value: unknown) => void): void;
  }
}
