/** How the reference peer takes the messages of the fast extension (BEP 6). */
import { ids, type Message } from '../../probe/wire/messages.ts';
import type { Link } from './link.ts';

export function listenToFast(link: Link, message: Message, first: boolean): void {
  const { id } = message;
  const { download, node } = link;
  if (!link.fast) return link.has('accepts-unnegotiated-fast') ? undefined : link.close();
  if (id === ids.reject) return download.reject(message);
  if (id === ids.haveAll || id === ids.haveNone) {
    if (!first && link.has('dies-of-late-have-all')) return node.die();
    if (!first) return link.close();
    const all = id === ids.haveAll ? !link.has('ignores-have-all') : link.has('have-none-is-all');
    return download.setPieces(all ? Array.from({ length: node.store!.pieceCount }, (_, at) => at) : []);
  }
  const piece = link.indexIn(message);
  const exists = piece < (node.store?.pieceCount ?? 0);
  if (id === ids.suggest && link.has('dies-of-suggestions')) return node.die();
  if (id !== ids.allowedFast || !exists) return;
  download.allowed.add(piece);
  download.fill();
}
