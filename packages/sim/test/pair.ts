/** What several tests of this package build: two hosts, a stream between them, bytes to send. */
import type { Stream } from '@ferro/core';
import { Ear, type EarOptions } from '../../core/test/ear.ts';
import type { SimulatedHost, Simulation } from '../src/index.ts';

export const A = '198.51.100.1';
export const B = '198.51.100.2';
export const PORT = 6881;

/** `a` calls `b`; nothing has happened yet. */
export function call(
  a: SimulatedHost,
  b: SimulatedHost,
  options: { readonly a?: EarOptions; readonly b?: EarOptions } = {},
): { readonly client: Ear; readonly server: Ear; readonly stream: Stream } {
  const server = new Ear(options.b);
  const client = new Ear(options.a);
  b.listen({ port: PORT }, { accept: () => server });
  const stream = a.connect({ ip: b.ip, port: PORT }, client);
  return { client, server, stream };
}

/** `a` and `b` are connected. */
export function connect(
  sim: Simulation,
  a: SimulatedHost,
  b: SimulatedHost,
  options: { readonly a?: EarOptions; readonly b?: EarOptions } = {},
): ReturnType<typeof call> {
  const pair = call(a, b, options);
  if (!sim.run(() => pair.client.isOpen && pair.server.isOpen)) throw new Error('they do not connect');
  return pair;
}

/** Bytes that differ nearly everywhere. */
export function bytesOf(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = i * 31 + (i >> 8) * 7;
  return bytes;
}
