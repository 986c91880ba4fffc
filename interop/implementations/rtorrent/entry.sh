#!/bin/sh
# rtorrent without a terminal. It runs a script when it has checked a torrent's files, and when the last piece has come.
[ "$BT_ROLE" = version ] && { rtorrent -h | sed -n 's/.*version \([0-9.]*[0-9]\).*/\1/p;1q'; exit; }
case "$BT_ROLE" in seeder | leecher) ;; *) exit 89 ;; esac
uses() { case " $BT_USE " in *" $1 "*) ;; *) return 1 ;; esac }
uses tcp || exit 89

session=$BT_STATE/session
mkdir -p "$session"
export HOME=$BT_STATE TERM=dumb
# Left by a life that was killed; the number in it means nothing in this container.
rm -f "$session/rtorrent.lock"
# Asked whether the torrent is the one of a magnet link's metadata, which is not what we wait for.
printf '#!/bin/sh\n[ "$1" = 1 ] || : >"$2"\n' >/tmp/flag.sh
chmod +x /tmp/flag.sh
hook() { echo "method.set_key = event.download.$1,interop,\"execute.nothrow={/tmp/flag.sh,\$d.is_meta=,$2}\""; }
setting() { if uses "$1"; then echo "$2"; else echo "$3"; fi; }

# It has had two names, and each version knows one.
schedule=schedule
rtorrent -h | grep -q 'version 0\.9\.' && schedule=schedule2

source=$BT_IN
case "$source" in *magnet.txt) source=$(cat "$source") ;; esac
{
  echo "directory.default.set = $BT_DATA"
  echo "session.path.set = $session"
  echo "network.port_range.set = $BT_PORT-$BT_PORT"
  echo 'network.port_random.set = no'
  echo 'system.daemon.set = true'
  echo "throttle.global_up.max_rate.set_kb = $BT_UP_RATE"
  setting encryption 'protocol.encryption.set = allow_incoming,require,require_RC4' 'protocol.encryption.set = none'
  setting pex 'protocol.pex.set = yes' 'protocol.pex.set = no'
  setting dht 'dht.mode.set = on' 'dht.mode.set = disable'
  uses dht && echo "dht.port.set = $BT_PORT" && echo "$schedule = node, 1, 5, \"dht.add_node=$BT_BOOTSTRAP\""
  setting tracker 'trackers.use_udp.set = yes' 'trackers.use_udp.set = no'
  echo "log.open_file = log, $BT_LOG/rtorrent.log"
  for group in info torrent_info; do echo "log.add_output = $group, log"; done
  [ "$BT_ROLE" = seeder ] && hook hash_done "$BT_LOG/ready"
  [ "$BT_ROLE" = leecher ] && hook finished /tmp/finished
  echo "load.start = $source"
} >/tmp/rtorrent.rc

if [ "$BT_ROLE" = seeder ]; then exec rtorrent -n -o import=/tmp/rtorrent.rc; fi
rtorrent -n -o import=/tmp/rtorrent.rc &
pid=$!
while [ ! -e /tmp/finished ]; do
  kill -0 "$pid" 2>/dev/null || exit 1
  sleep 0.1
done
exit 0
