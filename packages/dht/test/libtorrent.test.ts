/** The suite with libtorrent over IPv4, where libtorrent is installed. */
import { libtorrentSuite } from './libtorrent-suite.ts';

libtorrentSuite(4);
