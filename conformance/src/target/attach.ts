/** Targets that are there already: all they give is an address. */
import { isPrivate, privateAddressOf } from './private-address.ts';
import type { Endpoints, HttpEndpoint, Target } from './target.ts';

export interface Addresses {
  /** `http://…/announce` and `udp://…` URLs. */
  readonly trackers?: readonly string[];
  /** `host:port` of DHT nodes. */
  readonly dht?: readonly string[];
  readonly allowPublic?: boolean;
  readonly name?: string;
}

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

export async function attach(addresses: Addresses): Promise<Target> {
  const endpoints: Writable<Endpoints> = {};
  const { trackers = [], dht = [], allowPublic = false } = addresses;
  for (const text of trackers) {
    const url = parse(text);
    const at = await endpointOf(url, allowPublic);
    const six = at.ip.includes(':');
    if (url.protocol === 'udp:') endpoints[six ? 'udp6' : 'udp'] = { ip: at.ip, port: at.port };
    else if (url.protocol === 'http:') endpoints[six ? 'http6' : 'http'] = at;
    else throw new RangeError(`${text}: trackers are http: or udp:`);
  }
  for (const text of dht) {
    const at = await endpointOf(parse(`udp://${text}`), allowPublic);
    endpoints[at.ip.includes(':') ? 'dht6' : 'dht'] = { ip: at.ip, port: at.port };
  }
  const name = addresses.name ?? [...trackers, ...dht][0] ?? 'nothing';
  const isPublic = Object.values(endpoints).some(({ ip }) => !isPrivate(ip));
  return { name, endpoints, isPublic, roles: [], close: async () => {} };
}

function parse(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new RangeError(`${text} is no URL`);
  return url;
}

async function endpointOf(url: URL, allowPublic: boolean): Promise<HttpEndpoint> {
  const port = Number(url.port || (url.protocol === 'http:' ? 80 : Number.NaN));
  if (!(port > 0)) throw new RangeError(`${url.href} names no port`);
  const ip = await privateAddressOf(url.hostname.replace(/^\[|\]$/g, ''), allowPublic);
  return { ip, port, host: url.host, path: `${url.pathname}${url.search}` };
}
