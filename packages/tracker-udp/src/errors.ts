/**
 * Why a datagram is ignored (BEP 15), as ready-made errors: a tracker under a flood of garbage must not pay for a stack
 * trace a packet. Codes are stable; the README lists them.
 */
import { ProtocolError } from '@ferro/core';

const connect = 'BEP 15, connect';
const announce = 'BEP 15, announce';
const scrape = 'BEP 15, scrape';

export const ignored: Readonly<
  Record<
    | 'empty'
    | 'tooShort'
    | 'badProtocolId'
    | 'badConnectionId'
    | 'unknownAction'
    | 'shortAnnounce'
    | 'shortScrape'
    | 'unknownTransaction'
    | 'wrongSource'
    | 'wrongAction',
    ProtocolError
  >
> = {
  empty: new ProtocolError('tracker-udp/empty', connect, 'an empty datagram'),
  tooShort: new ProtocolError('tracker-udp/too-short', connect, 'the datagram is shorter than its fixed fields'),
  badProtocolId: new ProtocolError('tracker-udp/bad-protocol-id', connect, 'a connect without the protocol id'),
  badConnectionId: new ProtocolError(
    'tracker-udp/bad-connection-id',
    'BEP 15, UDP connections / spoofing',
    'the connection id was not given to this address, or has expired',
  ),
  unknownAction: new ProtocolError('tracker-udp/unknown-action', connect, 'an action that is not defined'),
  shortAnnounce: new ProtocolError('tracker-udp/short-announce', announce, 'an announce shorter than its fixed fields'),
  shortScrape: new ProtocolError('tracker-udp/short-scrape', scrape, 'a scrape that does not hold all its hashes'),
  unknownTransaction: new ProtocolError(
    'tracker-udp/unknown-transaction',
    connect,
    'an answer to nothing that was asked, or a second one',
  ),
  wrongSource: new ProtocolError('tracker-udp/wrong-source', connect, 'an answer from somebody who was not asked'),
  wrongAction: new ProtocolError('tracker-udp/wrong-action', connect, 'an answer to another question than was asked'),
};
