/** uTP flows over a simulated path: endpoints at both ends of it, and senders that never run out. */
import { type UtpConnection, UtpEndpoint, type UtpEvent, type UtpOptions } from '../src/index.ts';
import { type Clock, Link, type LinkOptions, Network, Node } from './link.ts';

export type UtpNode = Node<UtpEvent>;

export function utpNode(
  network: Network,
  ip: string,
  port: number,
  options: UtpOptions = {},
  clock: Clock = {},
  random?: (bytes: Uint8Array) => void,
): UtpNode {
  const node: UtpNode = new Node(network, { ip, port }, clock, random);
  node.core = new UtpEndpoint(node.environment, options);
  return node;
}

export function endpointOf(node: UtpNode): UtpEndpoint {
  return node.core as UtpEndpoint;
}

export function joinNodes(a: UtpNode, b: UtpNode, there: Link, back: Link): void {
  a.route(b, there);
  b.route(a, back);
}

/** Two nodes and the path between them. */
export function pair(
  link: LinkOptions = {},
  seed = 1,
  options: UtpOptions = {},
  clock: Clock = {},
  random?: (bytes: Uint8Array) => void,
) {
  const network = new Network(seed);
  const a = utpNode(network, '10.0.0.1', 1001, options, clock, random);
  const b = utpNode(network, '10.0.0.2', 1002, options, {}, random);
  const there = new Link(network, link);
  const back = new Link(network, link);
  joinNodes(a, b, there, back);
  return { network, a, b, there, back };
}

const CHUNK = new Uint8Array(65_536);

/** A sender that always has more, and how much of it has arrived. */
export class Flow {
  received = 0;
  /** [time in ms, bytes received, window, queueing], sampled. */
  readonly samples: { at: number; received: number; window: number; queueing: number; queue: number }[] = [];
  connection!: UtpConnection;
  #stopped = false;

  constructor(network: Network, sender: UtpNode, receiver: UtpNode, link: Link, startAt = 0, sampleMs = 100) {
    receiver.on = (event) => {
      if (event.type === 'data') this.received += event.bytes.length;
    };
    sender.on = (event) => {
      if (event.type === 'connected' || event.type === 'writable') this.#fill();
    };
    network.at(startAt, () => {
      this.connection = endpointOf(sender).connect(receiver.address);
      sender.flush();
    });
    const sample = () => {
      const { congestionWindow: window = 0, queueing = 0 } = this.connection ?? {};
      this.samples.push({ at: network.now, received: this.received, window, queueing, queue: link.queueing });
      network.at(network.now + sampleMs, sample);
    };
    network.at(startAt, sample);
  }

  stop(): void {
    this.#stopped = true;
    this.connection.reset();
  }

  /** Bytes a millisecond between two times. */
  rate(from: number, to: number): number {
    const at = (when: number) => this.samples.findLast((sample) => sample.at <= when)?.received ?? 0;
    return (at(to) - at(from)) / (to - from);
  }

  #fill(): void {
    while (!this.#stopped && this.connection.write([CHUNK]));
  }
}

/** One flow for each entry, all through one bottleneck. */
export function flows(link: LinkOptions, starts: readonly number[], seed = 1, options: UtpOptions = {}) {
  const network = new Network(seed);
  const there = new Link(network, link);
  const back = new Link(network, link);
  const all = starts.map((startAt, i) => {
    const sender = utpNode(network, `10.0.1.${i + 1}`, 2000 + i, options);
    const receiver = utpNode(network, `10.0.2.${i + 1}`, 3000 + i, options);
    joinNodes(sender, receiver, there, back);
    return new Flow(network, sender, receiver, there, startAt);
  });
  return { network, there, back, flows: all };
}
