/**
 * Runs a web seed over a host's HTTP: the glue that drive.ts of the core package is for streams (BEP 19; BEP 17). Each address is
 * shown to the rules of addresses.ts before it is connected to.
 */
import type { Address, Closable, Driven, Host, HttpExchange, Instant } from '@ferro/core';
import { redirectRules } from './addresses.ts';
import type { WebSeedEvent, WebSeedInput, WebSeedOutput } from './events.ts';
import type { WebSeed } from './seed.ts';
import type { UrlRules } from './url.ts';

export interface DriveWebSeedOptions extends UrlRules {
  /** Sent as User-Agent; some servers refuse clients without one. */
  readonly userAgent?: string;
  /** A further rule on addresses. */
  readonly permits?: (address: Address) => boolean;
}

/** `on` hears events, and may give commands. After commands given elsewhere: flush(). */
export function driveWebSeed(
  host: Host,
  seed: WebSeed,
  on: (events: readonly WebSeedEvent[]) => void,
  options: DriveWebSeedOptions = {},
): Driven {
  const exchanges = new Map<number, HttpExchange>();
  const agent = options.userAgent === undefined ? {} : { 'user-agent': options.userAgent };
  let timer: Closable | undefined;
  let alarm: Instant = Number.POSITIVE_INFINITY;

  function step(events: readonly WebSeedEvent[]): void {
    if (events.length > 0) on(events);
    flush();
  }
  function receive(input: WebSeedInput): void {
    if (input.type === 'end') exchanges.delete(input.id);
    step(seed.receive(input));
  }
  function flush(): void {
    for (const output of seed.flush()) act(output);
    setAlarm(seed.deadline);
  }
  function act(output: WebSeedOutput): void {
    const { id } = output;
    if (output.type === 'get') {
      const { url, redirects } = output;
      const permits = redirectRules(seed.url, options, options.permits);
      const exchange = host.http(
        { url, redirects, permits, headers: { ...agent, ...output.headers } },
        {
          head: (status, headers) => receive({ type: 'head', id, status, headers }),
          body: (bytes) => receive({ type: 'body', id, bytes }),
          end: (error) => receive({ type: 'end', id, error }),
        },
      );
      exchanges.set(id, exchange);
    } else if (output.type === 'abort') {
      exchanges.get(id)?.close();
      exchanges.delete(id);
    } else exchanges.get(id)?.[output.type]();
  }
  /** The one timer is moved only when it would ring too late; ringing early costs one look at the clock. */
  function setAlarm(when: Instant): void {
    if (when >= alarm) return;
    timer?.close();
    alarm = when;
    timer = when === Number.POSITIVE_INFINITY ? undefined : host.at(when, ring);
  }
  function ring(): void {
    alarm = Number.POSITIVE_INFINITY;
    step(host.now() >= seed.deadline ? seed.tick() : []);
  }
  function close(): void {
    timer?.close();
    seed.close();
    for (const output of seed.flush()) act(output);
  }
  flush();
  return { flush, close };
}
