// A package that comes without types: what the benchmarks use of it.
declare module 'parse-torrent' {
  export default function parseTorrent(torrent: Uint8Array): Promise<unknown>;
}
