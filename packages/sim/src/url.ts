/** As much of URLs as a GET needs (RFC 3986): http and https, an authority, a target, references relative to a base. */
export interface HttpUrl {
  readonly scheme: 'http' | 'https';
  /** A name or an IP address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** As in the Host header: without the port that goes without saying. */
  readonly authority: string;
  /** Path and query, never empty. */
  readonly target: string;
  /** The whole, without a fragment. */
  readonly text: string;
}

const ABSOLUTE = /^(https?):\/\/(?:[^@/?#]*@)?(\[[0-9a-f:.]+\]|[^:/?#[\]@\s]+)(?::(\d{0,5}))?([/?][^#\s]*)?(?:#.*)?$/i;

/** Undefined where it is none that can be asked. */
export function parseUrl(text: string): HttpUrl | undefined {
  const match = ABSOLUTE.exec(text);
  if (match === null) return undefined;
  const scheme = match[1]!.toLowerCase() as HttpUrl['scheme'];
  const name = match[2]!.toLowerCase();
  const usual = scheme === 'http' ? 80 : 443;
  const port = match[3] === undefined || match[3] === '' ? usual : Number(match[3]);
  if (port < 1 || port > 65_535) return undefined;
  const authority = port === usual ? name : `${name}:${port}`;
  const rest = match[4] ?? '/';
  const target = rest.startsWith('?') ? `/${rest}` : rest;
  const host = name.startsWith('[') ? name.slice(1, -1) : name;
  return { scheme, host, port, authority, target, text: `${scheme}://${authority}${target}` };
}

/** Where a Location header leads from a page. */
export function resolveUrl(reference: string, base: HttpUrl): HttpUrl | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(reference)) return parseUrl(reference);
  if (reference.startsWith('//')) return parseUrl(`${base.scheme}:${reference}`);
  const origin = `${base.scheme}://${base.authority}`;
  if (reference.startsWith('/')) return parseUrl(origin + withoutDots(reference));
  const path = base.target.replace(/\?.*$/, '');
  if (reference === '' || reference.startsWith('#')) return base;
  if (reference.startsWith('?')) return parseUrl(origin + path + reference);
  return parseUrl(origin + withoutDots(path.replace(/[^/]*$/, '') + reference));
}

/** Takes `.` and `..` out of the path of a target. */
function withoutDots(target: string): string {
  const [, path = '', query = ''] = /^([^?#]*)(.*)$/.exec(target) ?? [];
  const kept: string[] = [];
  const parts = path.split('/').slice(1);
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    if (part === '..') kept.pop();
    else if (part !== '.') kept.push(part);
    if (isLast && (part === '.' || part === '..')) kept.push('');
  }
  return `/${kept.join('/')}${query}`;
}
