/**
 * Diagrams drawn from the tables that the code obeys, in the language of Mermaid, so that picture and code cannot drift apart.
 * Prints them all: node --conditions=@ferro/source tools/diagrams.ts
 */
import { type MessageType, type Rule, rules, type WireState } from '@ferro/wire';

/** The states of a peer connection, and which message leads from which to which. */
export function wireDiagram(): string {
  const arrows = new Map<string, MessageType[]>();
  for (const [message, rule] of Object.entries(rules) as [MessageType, Rule][]) {
    for (const from of ['opening', 'open'] as const satisfies readonly WireState[]) {
      const arrow = rule[from] === undefined ? `${from} --> [*]` : `${from} --> ${rule[from]}`;
      arrows.set(arrow, [...(arrows.get(arrow) ?? []), message]);
    }
  }
  const lines = [...arrows].map(([arrow, messages]) => `  ${arrow}: ${labels(messages)}`);
  return ['stateDiagram-v2', '  [*] --> handshake', '  handshake --> opening: handshake', ...lines, ''].join('\n');
}

/** Few messages are named; of many, what they have in common. */
function labels(messages: readonly MessageType[]): string {
  return messages.length <= 5 ? messages.join(', ') : 'any other message';
}

if (import.meta.main) console.log(wireDiagram());
