#!/bin/sh
# aria2: its switches say everything, and it leaves when it is done.
[ "$BT_ROLE" = version ] && { aria2c --version | sed -n 's/^aria2 version //p'; exit; }
case "$BT_ROLE" in seeder | leecher) ;; *) exit 89 ;; esac
uses() { case " $BT_USE " in *" $1 "*) echo true ;; *) echo false ;; esac }
[ "$(uses tcp)" = true ] || exit 89
dht=$(uses dht) dht6=false
# It asks UDP trackers with its DHT's socket alone. Without a first node, that DHT knows nobody.
case "$BT_SCENARIO" in *-udp) dht=true ;; *-udp6) dht=true dht6=true ;; esac
[ "$(uses dht) $(uses ipv6)" = 'true true' ] && dht=false dht6=true
set -- --no-conf --dir="$BT_DATA" --listen-port="$BT_PORT" --dht-listen-port="$BT_PORT" --enable-dht="$dht" --enable-dht6="$dht6" \
  --bt-enable-lpd="$(uses lsd)" --enable-peer-exchange="$(uses pex)" --bt-require-crypto="$(uses encryption)" --max-upload-limit="${BT_UP_RATE}K" \
  --file-allocation=none --allow-overwrite=true --check-integrity=true --async-dns=false --summary-interval=0 --show-console-readout=false \
  --log="$BT_LOG/aria2.log" --log-level=info --dht-file-path="$BT_STATE/dht.dat"
[ "$(uses encryption)" = false ] || set -- "$@" --bt-min-crypto-level=arc4
case "$BT_BOOTSTRAP" in
  '') ;;
  '['*) set -- "$@" --dht-entry-point6="$BT_BOOTSTRAP" --dht-file-path6="$BT_STATE/dht6.dat" ;;
  *) set -- "$@" --dht-entry-point="$BT_BOOTSTRAP" ;;
esac
[ "$(uses tracker)" = true ] || set -- "$@" --bt-exclude-tracker='*'
source=$BT_IN
case "$source" in *magnet.txt) source=$(cat "$source") ;; esac
if [ "$BT_ROLE" = leecher ]; then exec aria2c "$@" --seed-time=0 "$source"; fi
printf '#!/bin/sh\n: >"%s/ready"\n' "$BT_LOG" >/tmp/ready.sh
chmod +x /tmp/ready.sh
exec aria2c "$@" --seed-ratio=0.0 --on-bt-download-complete=/tmp/ready.sh "$source"
