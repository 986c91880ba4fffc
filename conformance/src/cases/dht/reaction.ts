/** What comes back for a datagram that is out of the ordinary, judged after somebody else was answered. */
import { Finding } from '../../finding.ts';
import type { Message } from '../../probe/dht/krpc.ts';
import type { Dht, DhtLink } from '../../probe/dht/probe.ts';
import type { Tools } from './define.ts';

/** An error of any code is a reaction; which code belongs to what is what other cases are about. */
export interface Reaction {
  readonly kind: 'answered' | 'refused' | 'ignored';
  readonly message: Message | undefined;
}

export const anyAnswer = { answered: 'pass', refused: 'pass', ignored: 'pass' } as const;

export async function answerTo(
  asker: DhtLink,
  bytes: Uint8Array,
  { quiet, alive }: Pick<Tools, 'quiet' | 'alive'>,
  at?: Dht,
): Promise<Reaction> {
  asker.datagrams.send(bytes);
  const [message] = await quiet(
    () => asker.answers(),
    () => alive(at),
  );
  if (message === undefined) return { kind: 'ignored', message };
  return { kind: message.type === 'error' ? 'refused' : 'answered', message };
}

/** The answer to what not every node knows or answers; undefined where it keeps silent. */
export async function orSilence(answer: Promise<Message>): Promise<Message | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Finding) return undefined;
    throw error;
  }
}
