/** Clock, random, timers and names, as every host keeps them. */
import { expect } from 'vitest';
import { type HostPair, passes, type Scenario } from './host-pair.ts';

export function timerTests(scenario: Scenario): void {
  scenario('timers ring in the order of their times, equal times in the order of asking', async ({ a, until }) => {
    const rung: string[] = [];
    const start = a.now();
    a.at(start + 30, () => rung.push('30'));
    a.at(start + 10, () => rung.push('10'));
    a.at(start + 20, () => rung.push('20 first'));
    a.at(start + 20, () => rung.push('20 second'));
    a.at(start + 10, () => rung.push('10 again'));
    await until(() => rung.length === 5);
    expect(rung).toEqual(['10', '10 again', '20 first', '20 second', '30']);
  });

  scenario('a timer never rings before its time', async ({ a, until }) => {
    let late = 0;
    const waits = [0, 0.25, 1, 1.5, 3, 7.75];
    const start = a.now();
    let rung = 0;
    for (const wait of waits) {
      a.at(start + wait, () => {
        late = Math.min(late, a.now() - (start + wait));
        rung++;
      });
    }
    await until(() => rung === waits.length);
    expect(late).toBe(0);
  });

  scenario('a timer of the past rings soon, and not inside the call', async ({ a, until }) => {
    let rung = 0;
    a.at(a.now() - 1000, () => rung++);
    a.at(Number.NEGATIVE_INFINITY, () => rung++);
    expect(rung).toBe(0);
    await until(() => rung === 2);
  });

  scenario('a closed timer does not ring, even when another one that is due closes it', async (pair) => {
    const { a, until } = pair;
    const rung: string[] = [];
    const when = a.now() + 5;
    a.at(when, () => {
      rung.push('first');
      second.close();
      second.close();
    });
    const second = a.at(when, () => rung.push('second'));
    a.at(when, () => rung.push('third')).close();
    await until(() => rung.length > 0);
    await passes(pair, 20);
    expect(rung).toEqual(['first']);
  });

  scenario('a timer that is set by a timer rings too', async ({ a, until }) => {
    let rounds = 0;
    const again = () => {
      if (++rounds < 10) a.at(a.now(), again);
    };
    a.at(a.now(), again);
    await until(() => rounds === 10);
  });

  scenario('a timer for never is allowed and can be closed', async (pair) => {
    let rung = false;
    const never = pair.a.at(Number.POSITIVE_INFINITY, () => {
      rung = true;
    });
    await passes(pair, 5);
    never.close();
    expect(rung).toBe(false);
  });

  scenario('random fills the bytes, differently each time', async ({ a }) => {
    const first = new Uint8Array(64);
    const second = new Uint8Array(64);
    a.random(first);
    a.random(second);
    expect(first).not.toEqual(new Uint8Array(64));
    expect(first).not.toEqual(second);
    const large = new Uint8Array(100_000);
    a.random(large);
    expect(new Set(large).size).toBe(256);
  });

  scenario('copy puts all bytes at an offset, in shared memory too, and nothing beside them', async ({ a }) => {
    const source = Uint8Array.from({ length: 1000 }, (_, i) => i).subarray(100, 300);
    for (const memory of [new ArrayBuffer(700), new SharedArrayBuffer(700)]) {
      const whole = new Uint8Array(memory).fill(7);
      const into = whole.subarray(50, 650);
      a.copy(source, into, 0);
      a.copy(source, into, 400);
      a.copy(new Uint8Array(0), into, 600);
      const expected = new Uint8Array(700).fill(7);
      expected.set(source, 50);
      expected.set(source, 450);
      expect([...whole]).toEqual([...expected]);
    }
  });

  nameTests(scenario);
}

function nameTests(scenario: Scenario): void {
  const answer = async (pair: HostPair, name: string): Promise<readonly string[] | Error> => {
    let heard: readonly string[] | Error | undefined;
    pair.a.resolve(name, (result) => {
      heard = result;
    });
    await pair.until(() => heard !== undefined);
    return heard!;
  };

  scenario('an IP address resolves to itself in its canonical form', async (pair) => {
    expect(await answer(pair, '192.0.2.7')).toEqual(['192.0.2.7']);
    expect(await answer(pair, '2001:DB8:0::7')).toEqual(['2001:db8::7']);
    expect(await answer(pair, '::ffff:192.0.2.7')).toEqual(['192.0.2.7']);
  });

  scenario('a name resolves to its addresses', async (pair) => {
    expect(await answer(pair, pair.name)).toContain(pair.v4);
  });

  scenario('an unknown name is an error', async (pair) => {
    expect(await answer(pair, 'nobody-has-this-name.invalid')).toBeInstanceOf(Error);
  });

  scenario('a closed question gets no answer', async (pair) => {
    let answered = false;
    pair.a
      .resolve(pair.name, () => {
        answered = true;
      })
      .close();
    await passes(pair, 30);
    expect(answered).toBe(false);
  });
}
