/** The reference peer as the relay of a holepunch, and as one that is told to connect (BEP 55): it calls where it has uTP. */
import { type Punch, punchErrors, punches, readPunch, writePunch } from '../../probe/wire/holepunch.ts';
import type { Endpoint } from '../../target/target.ts';
import type { Link } from './link.ts';

/** Requests of one peer that are acted upon. */
const most = 50;

export class Holepunch {
  readonly #link: Link;
  #asked = 0;

  constructor(link: Link) {
    this.#link = link;
  }

  receive(payload: Uint8Array): void {
    const link = this.#link;
    const punch = readPunch(payload);
    if (punch === undefined) return link.has('dies-of-odd-punch') ? link.node.die() : undefined;
    if (link.extensions.idOf('ut_holepunch') === 0 && !link.has('punches-for-anybody')) return;
    if (punch.type === punches.rendezvous) this.#relay(punch);
    else if (punch.type === punches.connect) this.#connect(punch);
  }

  #relay({ at }: Punch): void {
    const link = this.#link;
    const { node } = link;
    if (++this.#asked > most && !link.has('punches-for-ever')) return;
    const isSelf = at.port === node.port;
    const other = [...node.links].find((each) => same(each.remote, at) || same(each.listensAt, at));
    if (isSelf) return link.has('says-not-connected-for-self') ? undefined : this.#refuse(at, punchErrors.noSelf);
    if (other === undefined) {
      if (link.has('silent-relay')) return;
      return this.#refuse(at, at.port === 0 ? punchErrors.noSuchPeer : punchErrors.notConnected);
    }
    if (other.extensions.idOf('ut_holepunch') === 0 && !link.has('connects-anybody')) {
      return this.#refuse(at, punchErrors.noSupport);
    }
    this.#send(link, { type: punches.connect, at });
    if (link.has('one-sided')) return;
    this.#send(other, { type: punches.connect, at: link.listensAt ?? link.remote! });
  }

  #connect({ at }: Punch): void {
    const link = this.#link;
    if (link.has('refuses-to-connect')) this.#refuse(at, punchErrors.noSuchPeer);
    const known = [...link.node.links].some((each) => same(each.remote, at) || same(each.listensAt, at));
    if (known && link.has('connects-again')) link.node.dial(at);
    if (!known && link.node.speaksUtp && !link.has('ignores-introductions')) link.node.dial(at);
  }

  #refuse(at: Endpoint, error: number): void {
    const blank = { ip: '0.0.0.0', port: 0 };
    this.#send(this.#link, { type: punches.error, at: this.#link.has('blanks-errors') ? blank : at, error });
  }

  #send(to: Link, punch: Omit<Punch, 'error'> & Partial<Punch>): void {
    to.sendRaw(writePunch(to.extensions.idOf('ut_holepunch') || 1, punch));
  }
}

function same(a: Endpoint | undefined, b: Endpoint): boolean {
  return a?.ip === b.ip && a.port === b.port;
}
