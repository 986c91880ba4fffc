/**
 * Statistics of all torrents and peers in Prometheus' text form (exposition format 0.0.4), served over HTTP at /metrics. No BEP.
 * Totals are counters; of peers, whose series come and go, the client's own rates are told as well. It keeps no history and no TLS.
 */
import type { Client } from '@ferro/client';
import { type Address, type Closable, driveStream, type Endpoint, formatAddress, type Host, utf8 } from '@ferro/core';
import { HttpServerConnection, type HttpServerEvent, headerLines, pathOf } from '@ferro/tracker-http';
import { limits } from './limits.ts';
import { Failure, type Output } from './output.ts';
import { parseEndpoint } from './units.ts';

export interface MetricsServer extends Disposable {
  readonly local: Address;
}

const METRICS = headerLines({ 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' });
const PLAIN = headerLines({ 'Content-Type': 'text/plain; charset=utf-8' });
const NOT_FOUND = utf8('there is nothing here; statistics are at /metrics\n');

/** What the option --metrics asks for; says where, because the port may be any. */
export async function startMetrics(
  host: Host,
  client: Client,
  output: Output,
  place: string | undefined,
): Promise<Disposable | undefined> {
  if (place === undefined) return undefined;
  const server = await serveMetrics(host, parseEndpoint(place), client);
  output.note(`statistics at http://${formatAddress(server.local)}/metrics`);
  return server;
}

export function serveMetrics(host: Host, at: Endpoint, client: Client): Promise<MetricsServer> {
  return serveText(host, at, () => metricsOf(client));
}

/** Resolves when it listens. Peers' addresses are nobody's business: without an address it is this machine alone that may ask. */
export function serveText(host: Host, at: Endpoint, make: () => string): Promise<MetricsServer> {
  return new Promise((resolve, reject) => {
    const open = new Set<Closable>();
    const listener = host.listen(
      { ip: '127.0.0.1', ...at },
      {
        ready: (local) => resolve({ local, [Symbol.dispose]: close }),
        failed: (error) => reject(new Failure(`statistics: ${error.message}`)),
        accept: (stream) => {
          if (open.size >= limits.metricsConnections)
            return { opened: () => stream.close(), receive() {}, closed() {} };
          const core = new HttpServerConnection(host);
          const closed = () => open.delete(driven);
          const options = { pauseWhenFull: true, closed };
          const driven = driveStream(host, core, (events) => answer(core, events, make), options);
          open.add(driven);
          return driven;
        },
      },
    );
    function close(): void {
      listener.close();
      for (const connection of open) connection.close();
      open.clear();
    }
  });
}

function answer(core: HttpServerConnection, events: readonly HttpServerEvent[], make: () => string): void {
  for (const event of events) {
    if (event.type !== 'request') continue;
    if (pathOf(event.target) === '/metrics') core.respond(event.id, 200, METRICS, utf8(make()));
    else core.respond(event.id, 404, PLAIN, NOT_FOUND);
  }
}

type Labels = Readonly<Record<string, string>>;

/** One look at everything, metric by metric. */
function metricsOf(client: Client): string {
  const text = new MetricsText();
  text.add('gauge', 'memory_bytes', 'Payload held in memory now.', {}, client.memoryUsed);
  text.add('gauge', 'dht_nodes', 'Nodes in the routing tables of the DHT.', {}, client.dhtNodes);
  for (const torrent of client.torrents) {
    addTorrent(text, torrent);
    addPeers(text, torrent);
  }
  return text.toString();
}

type Torrent = Client['torrents'][number];

function addTorrent(text: MetricsText, torrent: Torrent): void {
  const stats = torrent.stats();
  const labels = { info_hash: torrent.infoHash.hex };
  const counter = (name: string, help: string, value: number) =>
    text.add('counter', `torrent_${name}_total`, help, labels, value);
  const gauge = (name: string, help: string, value: number) =>
    text.add('gauge', `torrent_${name}`, help, labels, value);
  text.add('gauge', 'torrent_info', 'Always 1; names the torrent.', { ...labels, name: torrent.name }, 1);
  for (const state of STATES) {
    text.add(
      'gauge',
      'torrent_state',
      'What it is doing: 1 for that, 0 for the rest.',
      { ...labels, state },
      +(state === stats.state),
    );
  }
  counter('downloaded_bytes', 'Payload received.', stats.downloaded);
  counter('uploaded_bytes', 'Payload sent.', stats.uploaded);
  counter('wasted_bytes', 'Payload received and thrown away: corrupt, or come twice.', stats.wasted);
  gauge('wanted_bytes', 'Bytes that are wanted.', stats.wanted);
  gauge('verified_bytes', 'Wanted bytes that are here and verified.', stats.done);
  gauge('pieces', 'Pieces of the torrent.', stats.pieceCount);
  gauge('checked_pieces', 'Pieces looked at in the last check of stored data.', stats.checked);
  gauge('peers', 'Peers connected now.', stats.peers);
  gauge('seeds', 'Connected peers that have everything.', stats.seeds);
  gauge('web_seeds', 'Web servers that are being asked.', stats.webSeeds);
  gauge('known_peers', 'Addresses of peers that are known.', stats.known);
  gauge('disk_trouble', '1 while the disk refuses to take or give data.', +(stats.trouble !== undefined));
}

const STATES: readonly Torrent['state'][] = ['metadata', 'checking', 'downloading', 'seeding', 'paused', 'closed'];

function addPeers(text: MetricsText, torrent: Torrent): void {
  const seen = new Set<string>();
  for (const peer of torrent.peers()) {
    const address = formatAddress(peer.address);
    // One address may be connected twice for a moment; a series that comes twice spoils the whole answer.
    if (seen.has(address)) continue;
    seen.add(address);
    const labels = { info_hash: torrent.infoHash.hex, peer: address };
    const gauge = (name: string, help: string, value: number | boolean) =>
      text.add('gauge', `peer_${name}`, help, labels, Number(value));
    const counter = (name: string, help: string, value: number) =>
      text.add('counter', `peer_${name}_total`, help, labels, value);
    const direction = peer.incoming ? 'incoming' : 'outgoing';
    const about = { ...labels, client: peer.client, direction, transport: peer.transport };
    text.add('gauge', 'peer_info', 'Always 1; tells its program and what carries the connection.', about, 1);
    counter('downloaded_bytes', 'Payload that came from it over this connection.', peer.downloaded);
    counter('uploaded_bytes', 'Payload that went to it over this connection.', peer.uploaded);
    gauge('download_bytes_per_second', 'Payload that comes from it.', peer.downloadRate);
    gauge('upload_bytes_per_second', 'Payload that goes to it.', peer.uploadRate);
    gauge('outstanding_requests', 'Blocks asked of it that have not come.', peer.outstanding);
    gauge('seed', '1 if it has everything.', peer.seed);
    gauge('choked', '1 while it lets us have nothing.', peer.choked);
    gauge('choking', '1 while we let it have nothing.', peer.choking);
    gauge('interested', '1 while it wants something of ours.', peer.interested);
    gauge('snubbed', '1 while it sends nothing of what it was asked for.', peer.snubbed);
  }
}

/** All samples of a metric have to stand together, below what it is. */
export class MetricsText {
  readonly #metrics = new Map<string, string[]>();

  add(type: 'counter' | 'gauge', metric: string, help: string, labels: Labels, value: number): void {
    const name = `ferro_${metric}`;
    let lines = this.#metrics.get(name);
    if (lines === undefined) {
      lines = [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
      this.#metrics.set(name, lines);
    }
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
    lines.push(`${name}${pairs.length === 0 ? '' : `{${pairs.join()}}`} ${value}`);
  }

  toString(): string {
    return [...this.#metrics.values()].map((lines) => `${lines.join('\n')}\n`).join('');
  }
}

/** Names come from strangers: what ends a label or a line must not. */
function escapeLabel(text: string): string {
  return text.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}
