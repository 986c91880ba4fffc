/** The two drivers: cores over hosts, in a simulated world. */
import { describe, expect, test } from 'vitest';
import { type SimulatedHost, Simulation } from '../../sim/src/index.ts';
import {
  type Datagram,
  type DatagramCore,
  type DriveStreamOptions,
  driveDatagrams,
  driveStream,
  type Environment,
  limits,
  type StreamCore,
} from '../src/index.ts';
import { Ear } from './ear.ts';

const A = '198.51.100.1';
const B = '198.51.100.2';
const PORT = 1000;

type EchoEvent = { readonly type: 'heard'; readonly text: string } | { readonly type: 'idle' | 'closed' };

/** Answers what it hears; `.` is its last word; says `idle` after a second of silence. */
class Echo implements StreamCore<EchoEvent> {
  readonly #env: Environment;
  readonly #out: Uint8Array[] = [];
  readonly #answerLength: number;
  deadline: number;
  ticks = 0;

  constructor(env: Environment, answerLength = 0) {
    this.#env = env;
    this.#answerLength = answerLength;
    this.deadline = env.now() + 1000;
  }

  say(text: string): void {
    this.#out.push(new TextEncoder().encode(text));
  }

  receive(bytes: Uint8Array): readonly EchoEvent[] {
    const text = new TextDecoder().decode(bytes);
    this.say(text);
    if (this.#answerLength > 0) this.#out.push(new Uint8Array(this.#answerLength));
    this.deadline = text.endsWith('.') ? Number.POSITIVE_INFINITY : this.#env.now() + 1000;
    const heard = { type: 'heard', text } as const;
    return text.endsWith('.') ? [heard, { type: 'closed' }] : [heard];
  }

  tick(): readonly EchoEvent[] {
    this.ticks++;
    this.deadline = this.#env.now() + 1000;
    return [{ type: 'idle' }];
  }

  flush(): readonly Uint8Array[] {
    return this.#out.splice(0);
  }
}

function driven(options: DriveStreamOptions & { readonly answerLength?: number; readonly on?: () => void } = {}) {
  const sim = new Simulation({ seed: 1, link: { latency: 10 } });
  const [a, b] = [sim.host(A), sim.host(B)];
  const core = new Echo(b, options.answerLength);
  const events: EchoEvent[] = [];
  const drive = driveStream(
    b,
    core,
    (batch) => {
      events.push(...batch);
      options.on?.();
    },
    options,
  );
  b.listen({ port: PORT }, { accept: () => drive });
  return { sim, a, b, core, events, drive };
}

function caller(sim: Simulation, a: SimulatedHost, on: ConstructorParameters<typeof Ear>[0] = {}) {
  const ear = new Ear(on);
  a.connect({ ip: B, port: PORT }, ear);
  sim.run(() => ear.isOpen);
  const say = (text: string) => ear.stream.write([new TextEncoder().encode(text)]);
  const heard = () => new TextDecoder().decode(ear.bytes);
  return { ear, say, heard };
}

describe('driveStream', () => {
  test('what arrives goes to the core, its events to the user, its output to the stream', () => {
    const { sim, a, events } = driven();
    const { say, heard } = caller(sim, a);
    say('hello');
    expect(sim.run(() => heard() === 'hello', 500)).toBe(true);
    expect(events.map((event) => (event.type === 'heard' ? event.text : event.type)).join('')).toBe('hello');
  });

  test('what the core has to say when the stream opens is sent, and commands after flush()', () => {
    const { sim, a, core, drive } = driven();
    core.say('first ');
    const { heard } = caller(sim, a);
    core.say('second');
    drive.flush();
    expect(sim.run(() => heard() === 'first second', 500)).toBe(true);
  });

  test('tick comes at the deadline, not before, also when the deadline has moved', () => {
    const { sim, a, core, events } = driven();
    const { say } = caller(sim, a);
    sim.run(900);
    say('x');
    sim.run(() => core.ticks === 1);
    expect(sim.now).toBe(1920);
    expect(events.map(({ type }) => type)).toEqual(['heard', 'idle']);
    sim.run(() => core.ticks === 3);
    expect(sim.now).toBe(3920);
  });

  test('after the closed event the last words go out and the stream ends; nothing is left running', () => {
    let closed = 0;
    const { sim, a, events } = driven({ closed: () => closed++ });
    const { ear, say, heard } = caller(sim, a);
    say('bye.');
    expect(sim.run(() => ear.isClosed, 1000)).toBe(true);
    expect(heard()).toBe('bye.');
    expect(ear.error).toBeUndefined();
    expect(events.at(-1)).toEqual({ type: 'closed' });
    sim.run(Number.POSITIVE_INFINITY);
    expect([closed, sim.pending]).toEqual([1, 0]);
  });

  test('the last words go out even when the buffer was full before', () => {
    const { sim, a, drive } = driven({ answerLength: 1 << 20 });
    const { ear, say } = caller(sim, a);
    ear.stream.pause();
    for (const text of ['a', 'b', 'c.']) {
      say(text);
      sim.run(sim.now + 100);
    }
    ear.stream.resume();
    sim.run(() => ear.isClosed);
    expect(ear.length).toBe(3 * ((1 << 20) + 1) + 1);
    drive.close();
  });

  test('who does not take the last words in time is cut off', () => {
    let closed = 0;
    const { sim, a } = driven({ answerLength: 1 << 20, closed: () => closed++ });
    const { ear, say } = caller(sim, a);
    ear.stream.pause();
    say('.');
    sim.run(sim.now + limits.lingerMs / 2);
    expect([ear.isClosed, closed]).toEqual([false, 0]);
    sim.run(() => ear.isClosed);
    expect(ear.error).toBeInstanceOf(Error);
    expect(closed).toBe(1);
    expect(sim.now).toBeGreaterThan(limits.lingerMs);
  });

  test('close() inside the events, also with the last one, leaves nothing running', () => {
    for (const word of ['x', 'x.']) {
      let closed = 0;
      const run = driven({ closed: () => closed++, on: () => run.drive.close() });
      const { ear, say } = caller(run.sim, run.a);
      say(word);
      run.sim.run(() => ear.isClosed);
      run.sim.run(Number.POSITIVE_INFINITY);
      expect([closed, run.core.ticks, run.sim.pending]).toEqual([0, 0, 0]);
      expect(run.sim.now).toBeLessThan(1000);
    }
  });

  test('the user hears that the other side has gone, with the reason', () => {
    const closed: (Error | undefined)[] = [];
    const { sim, a, core } = driven({ closed: (error) => closed.push(error) });
    const { ear } = caller(sim, a);
    ear.stream.close();
    sim.run(() => closed.length > 0);
    expect(closed[0]).toBeInstanceOf(Error);
    sim.run(Number.POSITIVE_INFINITY);
    expect([core.ticks, closed.length]).toEqual([0, 1]);
  });

  test('with pauseWhenFull nothing more is read while the other side does not read', () => {
    const heard = (pauseWhenFull: boolean) => {
      const { sim, a, events, drive } = driven({ answerLength: 1 << 20, pauseWhenFull });
      const { ear, say } = caller(sim, a);
      ear.stream.pause();
      for (let i = 0; i < 20; i++) {
        say('x');
        sim.run(sim.now + 30);
      }
      const before = events.filter(({ type }) => type === 'heard').length;
      ear.stream.resume();
      sim.run(() => ear.length >= 20 << 20, 5000);
      const after = events.flatMap((event) => (event.type === 'heard' ? [...event.text] : [])).length;
      drive.close();
      return { before, after };
    };
    expect(heard(true)).toEqual({ before: 1, after: 20 });
    expect(heard(false).before).toBe(20);
  });
});

type PingEvent = { readonly type: 'pinged'; readonly from: string };

/** Answers each datagram with its length; speaks to `to` every second once it was asked to. */
class Ping implements DatagramCore<PingEvent> {
  readonly #env: Environment;
  #out: Datagram[] = [];
  deadline: number = Number.POSITIVE_INFINITY;

  constructor(env: Environment) {
    this.#env = env;
  }

  ping(ip: string, port: number): void {
    this.#out.push({ bytes: Uint8Array.of(1), address: { ip, port } });
    this.deadline = this.#env.now() + 1000;
  }

  receive({ bytes, address }: Datagram): readonly PingEvent[] {
    if (bytes.length === 1) this.#out.push({ bytes: new Uint8Array(2), address });
    return [{ type: 'pinged', from: address.ip }];
  }

  tick(): readonly PingEvent[] {
    this.ping(B, PORT);
    return [];
  }

  flush(): readonly Datagram[] {
    return this.#out.splice(0);
  }
}

describe('driveDatagrams', () => {
  function pair() {
    const sim = new Simulation({ seed: 1, link: { latency: 10 } });
    const heard: string[] = [];
    const run = (host: SimulatedHost, name: string, on: () => void = () => {}) => {
      const core = new Ping(host);
      const drive = driveDatagrams(host, { port: PORT }, core, (events) => {
        for (const { from } of events) heard.push(`${name} from ${from}`);
        on();
      });
      return { core, drive };
    };
    return { sim, heard, run, a: sim.host(A), b: sim.host(B) };
  }

  test('datagrams go to the core, its answers back, its events to the user', () => {
    const { sim, heard, run, a, b } = pair();
    const asking = run(a, 'a');
    run(b, 'b');
    asking.core.ping(B, PORT);
    asking.drive.flush();
    sim.run(100);
    expect(heard).toEqual([`b from ${A}`, `a from ${B}`]);
    expect(asking.drive.socket.local.port).toBe(PORT);
  });

  test('tick comes at the deadline, again and again, until close', () => {
    const { sim, heard, run, a, b } = pair();
    const asking = run(a, 'a');
    const answering = run(b, 'b');
    asking.core.ping(B, PORT);
    asking.drive.flush();
    sim.run(3500);
    expect(heard.filter((line) => line.startsWith('b')).length).toBe(4);
    asking.drive.close();
    answering.drive.close();
    expect(sim.run(Number.POSITIVE_INFINITY)).toBe(true);
    expect(sim.now).toBeLessThan(4000);
  });

  test('close() inside the events: the rest of the batch is not delivered', () => {
    const { sim, heard, run, a, b } = pair();
    const asking = run(a, 'a');
    const answering = run(b, 'b', () => answering.drive.close());
    for (let i = 0; i < 5; i++) asking.core.ping(B, PORT);
    asking.drive.flush();
    sim.run(500);
    expect(heard).toEqual([`b from ${A}`]);
  });

  test('the user hears which port it is, or that it is taken', () => {
    const { sim, a } = pair();
    const heard: string[] = [];
    const open = () =>
      driveDatagrams(a, { port: PORT }, new Ping(a), () => {}, {
        ready: ({ port }) => heard.push(`ready ${port}`),
        failed: () => heard.push('failed'),
      });
    open();
    open();
    sim.run(1);
    expect(heard).toEqual([`ready ${PORT}`, 'failed']);
  });
});
