/** The control of the peer-wire families, and a client that stays for a whole run, so that it does not start a program each time. */
import type { Context } from '../../context.ts';
import { Client } from '../../probe/wire/client.ts';
import { makeFixture } from '../../probe/wire/fixture.ts';
import type { Target } from '../../target/target.ts';

const canaries = new WeakMap<Target, Promise<Client>>();
const closers: (() => void | Promise<void>)[] = [];

/** Is the client of this case still there; or, where it started none, does a client of this target work at all? */
export async function control(context: Context): Promise<void> {
  const clients = Client.of(context);
  if (clients.length === 0) return canary(context);
  for (const client of clients) await client.answers();
}

async function canary(context: Context): Promise<void> {
  const { target } = context;
  const known = canaries.get(target) ?? start(context);
  canaries.set(target, known);
  await (await known).answers();
}

/** The target stops it at the end of the run; what it leaves on disk goes with this process. */
function start(context: Context): Promise<Client> {
  if (closers.length === 0) process.once('exit', () => void closers.map((close) => close()));
  const lasting = { ...context, after: (close: () => void | Promise<void>) => void closers.push(close) };
  const role = context.target.roles.includes('seeder') ? 'seeder' : 'leecher';
  return Client.launch(lasting, { role, fixture: makeFixture(context.random) });
}
