#!/bin/sh
# rtorrent without a terminal on one torrent: torrent, data, port, first node of its DHT or nothing, a second
# torrent or nothing.
source=$1 data=$2 port=$3 bootstrap=$4 also=$5
dht=disable
[ -z "$bootstrap" ] || dht=on
home=$(mktemp -d)
# The signal reaches the program too, because it goes to the whole group; a second one would hurry it.
trap 'wait "$pid"; rm -rf "$home"; exit' TERM INT
mkdir "$home/session"
cat >"$home/rc" <<END
directory.default.set = $data
session.path.set = $home/session
network.port_range.set = $port-$port
network.port_random.set = no
system.daemon.set = true
protocol.encryption.set = none
protocol.pex.set = yes
dht.mode.set = $dht
dht.port.set = $port
trackers.use_udp.set = yes
load.start = $source
END
[ -z "$also" ] || echo "load.start = $also" >>"$home/rc"
# It has had two names, and each version knows one.
schedule=schedule
rtorrent -h | grep -q 'version 0\.9\.' && schedule=schedule2
[ -z "$bootstrap" ] || echo "$schedule = node, 1, 5, \"dht.add_node=$bootstrap\"" >>"$home/rc"
HOME=$home TERM=dumb rtorrent -n -o import="$home/rc" &
pid=$!
wait "$pid"
code=$?
rm -rf "$home"
exit $code
