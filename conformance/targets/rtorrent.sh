#!/bin/sh
# rtorrent without a terminal on one torrent: torrent, data, port.
source=$1 data=$2 port=$3
home=$(mktemp -d)
# The signal reaches the program too, because it goes to the whole group; a second one would hurry it.
trap 'wait "$pid"; rm -rf "$home"; exit' TERM INT
mkdir "$home/session"
cat >"$home/rc" <<END
directory.default.set = $data
session.path.set = $home/session
network.port_range.set = $port-$port
network.port_random.set = no
network.bind_address.set = 127.0.0.1
system.daemon.set = true
protocol.encryption.set = none
protocol.pex.set = no
dht.mode.set = disable
trackers.use_udp.set = no
load.start = $source
END
HOME=$home TERM=dumb rtorrent -n -o import="$home/rc" &
pid=$!
wait "$pid"
code=$?
rm -rf "$home"
exit $code
