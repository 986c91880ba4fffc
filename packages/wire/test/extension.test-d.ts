/** What must compile, and what must not: events of extensions narrow by name, end to end. Checked by tsc, never run. */
import { expectTypeOf } from 'vitest';
import {
  type DontHaveEvent,
  DontHaveExtension,
  type Extension,
  PeerConnection,
  type PeerConnectionOptions,
  type PeerEvent,
} from '../src/index.ts';
import { type EchoEvent, EchoExtension } from './echo-extension.ts';

declare const environment: { now(): number; random(bytes: Uint8Array): void };
declare const options: PeerConnectionOptions;

const both = new PeerConnection(environment, {
  peerId: options.peerId,
  extensions: [new DontHaveExtension(), new EchoExtension('xx_echo')],
});

for (const event of both.receive(new Uint8Array(0))) {
  if (event.type === 'extension' && event.name === 'lt_donthave')
    expectTypeOf(event.event).toEqualTypeOf<DontHaveEvent>();
  if (event.type === 'extension' && event.name === 'xx_echo') expectTypeOf(event.event).toEqualTypeOf<EchoEvent>();
  if (event.type === 'extension') expectTypeOf<typeof event.name>().toEqualTypeOf<'lt_donthave' | 'xx_echo'>();
  // @ts-expect-error there is no such extension
  if (event.type === 'extension' && event.name === 'ut_pex') continue;
  if (event.type === 'block') expectTypeOf(event.data).toEqualTypeOf<Uint8Array>();
  if (event.type === 'have') expectTypeOf(event.piece).toEqualTypeOf<number>();
  if (event.type === 'request') expectTypeOf(event.length).toEqualTypeOf<number>();
  // @ts-expect-error blocks come in parts: a piece message is no event
  if (event.type === 'piece') continue;
  // @ts-expect-error keep-alives are no event
  if (event.type === 'keep-alive') continue;
}

both.enableExtension('xx_echo', false);
// @ts-expect-error a name that this connection does not have
both.enableExtension('ut_pex', false);

const none = new PeerConnection(environment, options);
for (const event of none.tick()) {
  // @ts-expect-error without extensions there are no events of theirs
  if (event.type === 'extension') continue;
}
expectTypeOf(none).toEqualTypeOf<PeerConnection<never>>();
expectTypeOf<Extract<PeerEvent<Extension>, { type: 'extension' }>['event']>().toBeUnknown();
