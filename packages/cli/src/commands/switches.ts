/** The switches of all commands that take part in a swarm. */
import type { Command } from 'commander';

export interface NetworkOptions {
  readonly listen?: readonly string[];
  readonly peer?: readonly string[];
  readonly trackers: boolean;
  readonly tcp: boolean;
  readonly utp: boolean;
  readonly dht: boolean;
  readonly pex: boolean;
  readonly lsd: boolean;
  readonly webSeeds: boolean;
  readonly bootstrap?: readonly string[];
  readonly state?: string;
  readonly memory?: string;
  readonly limitDown?: string;
  readonly limitUp?: string;
  readonly metrics?: string;
  readonly json?: boolean;
}

export function withNetwork(command: Command): Command {
  return command
    .option('--listen <[host:]port...>', 'where to accept peers (default: any free port)')
    .option('--peer <host:port...>', 'peers to connect to')
    .option('--no-trackers', 'do not ask trackers')
    .option('--no-tcp', 'no TCP')
    .option('--no-utp', 'no uTP')
    .option('--no-dht', 'no DHT')
    .option('--bootstrap <host:port...>', 'nodes to enter the DHT by (default: well-known routers)')
    .option('--state <folder>', 'where DHT nodes are kept from one run to the next (default: ~/.local/state/ferro)')
    .option('--no-pex', 'no peer exchange')
    .option('--no-lsd', 'no local service discovery')
    .option('--no-web-seeds', 'no web servers that the torrent names')
    .option('--memory <MiB>', 'payload held in memory at most (default: 64)')
    .option('--limit-down <rate>', 'bytes a second, such as 500k or 2M')
    .option('--limit-up <rate>', 'bytes a second, such as 500k or 2M')
    .option('--metrics <[host:]port>', 'serve statistics for Prometheus there (default host: 127.0.0.1)')
    .option('--json', 'one JSON object a line on stdout');
}
