/** The rules that scenarios share: the files, and what may be seen on the wire. */
import type { Check, Evidence, Scenario } from './scenario.ts';
import type { Place } from './wire/capture.ts';
import { type Delivery, hiddenBetween, voicesBetween } from './wire/facts.ts';

export function judge(evidence: Evidence): readonly Check[] {
  return [
    ...filesAreRight(evidence),
    ...onlyWhatIsAllowed(evidence),
    ...evidence.scenario.judge(evidence),
    captureIsWhole(evidence),
  ];
}

/** What was not seen cannot be judged. */
function captureIsWhole({ facts, dropped }: Evidence): Check {
  const detail = `${facts.torn} conversations with a hole, ${dropped} packets dropped`;
  return { rule: 'the capture is whole', good: facts.torn === 0 && dropped === 0, detail };
}

function filesAreRight({ wrong }: Evidence): Check[] {
  return [...wrong].map(([name, lines]) => ({
    rule: `every file of ${name} has the SHA-256 that it should have`,
    good: lines.length === 0,
    detail: lines.slice(0, 5).join('; '),
  }));
}

/** Nothing is seen of what a scenario did not allow. */
function onlyWhatIsAllowed({ scenario: { use }, facts, place, always }: Evidence): Check[] {
  // How two seeders of a kind speak to each other is of no concern to the leecher.
  const seeders = (['seeder', 'slow'] as const).flatMap((name) => Object.values(place(name)));
  const matters = (one: Place, other: Place) => !(seeders.includes(one.ip) && seeders.includes(other.ip));
  const talks = facts.talks.filter(({ voices: [one, other] }) => matters(one.from, other.from));
  const hidden = facts.unreadable.filter(({ from, to }) => matters(from, to));
  const pexMessages = facts.talks.flatMap(({ voices }) => voices).filter(({ messages }) => messages['ut_pex']);
  const seen = {
    tcp: talks.filter(({ transport }) => transport === 'tcp').length,
    utp: talks.filter(({ transport }) => transport === 'utp').length,
    dht: facts.dht.length,
    lsd: facts.discovery.length,
    pex: pexMessages.length,
    encryption: hidden.length,
  };
  const titles = {
    tcp: 'no peer spoke over TCP',
    utp: 'nobody spoke uTP',
    dht: 'nobody spoke to the DHT',
    lsd: 'nobody searched the local network',
    pex: 'nobody exchanged peers',
    encryption: 'everything between peers could be read',
  };
  return (Object.keys(seen) as (keyof typeof seen)[])
    .filter((word) => !use.includes(word) && !(always as readonly string[]).includes(word))
    .map((word) => ({ rule: titles[word], good: seen[word] === 0, detail: `${seen[word]} seen` }));
}

/** Less than that is an offer of encryption that was taken back. */
const BLOCK = 16_384;

type Places = 'seeder' | 'leecher' | 'slow' | 'corruptor' | 'hub';

/** So much of the torrent went from one to the other. */
export function blocksWent(
  evidence: Evidence,
  from: Places,
  to: Places,
  options: { readonly least?: number; readonly most?: number; readonly over?: 'tcp' | 'utp' } = {},
): Check {
  const { length, paddedLength, scenario, always } = evidence;
  const wanted = options.over ?? 'tcp';
  // Two that cannot be told not to use uTP choose for themselves.
  const transport = wanted === 'tcp' && always.includes('utp') ? undefined : wanted;
  const went = deliveries(evidence, from, to, transport).reduce((sum, { bytes }) => sum + bytes, 0);
  const { least = length, most = 1.25 * paddedLength } = options;
  const good = went >= least && went <= most;
  const words = `${{ tcp: 'TCP', utp: 'uTP', any: 'TCP or uTP' }[transport ?? 'any']}${familyOf(scenario) === 'ip6' ? ' on IPv6' : ''}`;
  return { rule: `the ${from}'s blocks came to the ${to} over ${words}`, good, detail: `${went} of ${length} bytes` };
}

/**
 * Conversations in which one gave the other blocks. Where both cannot be told not to encrypt, what cannot be read counts whole, which
 * is a little more than its blocks.
 */
export function deliveries(
  { facts, place, scenario, always }: Evidence,
  from: Places,
  to: Places,
  transport?: 'tcp' | 'utp',
): Delivery[] {
  // A torrent that is not about IPv6 may go over it all the same: some call each other both ways.
  const families = familyOf(scenario) === 'ip6' ? (['ip6'] as const) : (['ip', 'ip6'] as const);
  return families.flatMap((family) => {
    const between = [facts, place(from)[family], place(to)[family], transport] as const;
    const heard = voicesBetween(...between).map(({ payload, firstBlockAt = 0 }) => ({
      startedAt: firstBlockAt,
      bytes: payload,
    }));
    const hidden = always.includes('encryption') ? hiddenBetween(...between) : [];
    return [...heard.filter(({ bytes }) => bytes > 0), ...hidden.filter(({ bytes }) => bytes >= BLOCK)];
  });
}

/** The addresses that a scenario is played on. */
export const familyOf = ({ use }: Scenario): 'ip' | 'ip6' => (use.includes('ipv6') ? 'ip6' : 'ip');

/** Handshakes carry one of the torrent's info-hashes. */
export function handshakesFit({ facts, infoHashes }: Evidence): Check {
  const other = facts.talks.flatMap(({ voices }) => voices.map(({ infoHash }) => infoHash));
  const strange = other.filter((hash) => hash !== '' && !infoHashes.includes(hash));
  return { rule: 'every handshake names this torrent', good: strange.length === 0, detail: strange.join(', ') };
}

export function metadataCame(evidence: Evidence): Check {
  const { facts, place, scenario, always } = evidence;
  const rule = 'the metadata came from the seeder (BEP 9)';
  const family = familyOf(scenario);
  const between = [facts, place('seeder')[family], place('leecher')[family]] as const;
  if (voicesBetween(...between).some((voice) => voice.lastMetadataAt !== undefined)) return { rule, good: true };
  const hidden = always.includes('encryption') && hiddenBetween(...between).length > 0;
  return {
    rule,
    good: hidden,
    detail: hidden ? 'they encrypt: there is nothing else that it can have come from' : 'none seen',
  };
}
