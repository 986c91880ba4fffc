// Packages of others that come without types: what the benchmarks use of them.
declare module 'parse-torrent' {
  export default function parseTorrent(torrent: Uint8Array): Promise<unknown>;
}

declare module 'create-torrent' {
  export default function createTorrent(
    input: string,
    options: { readonly pieceLength: number; readonly announceList: readonly (readonly string[])[] },
    done: (error: Error | null, torrent: Uint8Array) => void,
  ): void;
}
