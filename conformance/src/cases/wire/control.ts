/** The control of the peer-wire families, and a client that stays for a whole run, so that it does not start a program each time. */
import type { Context } from '../../context.ts';
import { Client, remove } from '../../probe/wire/client.ts';
import { makeFixture } from '../../probe/wire/fixture.ts';
import type { Target } from '../../target/target.ts';

const canaries = new WeakMap<Target, Promise<Client>>();

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
async function start(context: Context): Promise<Client> {
  const lasting = { ...context, after: () => {} };
  const role = context.target.roles.includes('seeder') ? 'seeder' : 'leecher';
  const client = await Client.launch(lasting, { role, fixture: makeFixture(context.random) });
  process.once('exit', () => remove(client.root));
  return client;
}
