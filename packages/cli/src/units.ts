/** Numbers as people write and read them: sizes, rates, times, addresses. */
import { type Address, canonicalIp, type Endpoint, parseAddress } from '@ferro/core';
import { UsageError } from './output.ts';

const STEPS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** `1.5 MiB` */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let step = 0;
  while (value >= 1024 && step < STEPS.length - 1) {
    value /= 1024;
    step++;
  }
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${STEPS[step]}`;
}

/** `2h 05m`, `3m 20s`, `12s` */
export function formatTime(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  const whole = Math.ceil(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  if (hours > 0) return `${hours}h ${two(minutes)}m`;
  return minutes > 0 ? `${minutes}m ${two(whole % 60)}s` : `${whole}s`;
}

/** `500k`, `1.5MiB`, `2000000`: bytes. Powers of 1024, as in formatBytes(). */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([kmgt])(?:i?b)?|b)?(?:\/s)?$/i.exec(text.trim());
  if (match === null) throw new UsageError(`${text} is no size: write 500k, 1.5M or 2000000`);
  const power = match[2] === undefined ? 0 : 'kmgt'.indexOf(match[2].toLowerCase()) + 1;
  const bytes = Math.round(Number(match[1]) * 1024 ** power);
  if (bytes === 0) throw new UsageError('a size of 0 makes no sense here');
  return bytes;
}

/** `6881`, `127.0.0.1:6881`, `[::1]:6881` */
export function parseEndpoint(text: string): Endpoint {
  if (/^\d{1,5}$/.test(text) && Number(text) < 65536) return { port: Number(text) };
  const address = parseAddress(text);
  if (address === undefined) throw new UsageError(`${text} is no place to listen: write PORT, IP:PORT or [IPV6]:PORT`);
  return address;
}

/** A host name or an IP address, and a port. */
export function parseHostPort(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || !(port > 0 && port < 65536)) throw new UsageError(`${text} is not HOST:PORT`);
  return { host, port };
}

export function addressOf(host: string, port: number): Address | undefined {
  const ip = canonicalIp(host);
  return ip === undefined ? undefined : { ip, port };
}
