/** The suite with libtorrent over IPv6, where libtorrent is installed. */
import { libtorrentSuite } from './libtorrent-suite.ts';

libtorrentSuite(6);
