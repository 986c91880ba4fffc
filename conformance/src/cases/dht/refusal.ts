/** A query that has to be refused with one code. Silence is only not strict: many nodes answer nothing that is wrong. */
import { type Fields, writeQuery } from '../../probe/dht/krpc.ts';
import { type DhtLink, version } from '../../probe/dht/probe.ts';
import type { Tools } from './define.ts';
import { answerTo } from './reaction.ts';

export interface Wrong {
  readonly code: number;
  readonly method: string;
  readonly body: Fields;
  readonly asker?: DhtLink;
  /** What has to be so whether or not anything came back: looked at first. */
  readonly meanwhile?: () => Promise<void>;
}

export async function refusal(tools: Tools, { code, method, body, asker, meanwhile }: Wrong): Promise<void> {
  const { expect, strictly } = tools;
  const from = asker ?? (await tools.dht.asker());
  const bytes = writeQuery(from.transaction(), method, { id: from.id, ...body }, { v: version });
  const { kind, message } = await answerTo(from, bytes, tools);
  from.datagrams.heard.length = 0;
  await meanwhile?.();
  strictly(kind, `what comes back for ${method}`).isNot('ignored');
  expect(kind, `what comes back for ${method}`).is('refused');
  expect(message?.code, 'code of the error').is(code);
}
