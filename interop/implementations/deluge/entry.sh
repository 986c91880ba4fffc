#!/bin/sh
# deluged, told by deluge-console what to do, and asked how it goes.
[ "$BT_ROLE" = version ] && { HOME=/tmp deluged --version 2>/dev/null | sed -n 's/^deluged //p'; exit; }
case "$BT_ROLE" in seeder | leecher) ;; *) exit 89 ;; esac
uses() { case " $BT_USE " in *" $1 "*) echo true ;; *) echo false ;; esac }
[ "$(uses tcp)" = true ] || exit 89
policy=2
[ "$(uses encryption)" = true ] && policy=0
rate=$BT_UP_RATE.0
[ "$BT_UP_RATE" = 0 ] && rate=-1.0
export HOME=$BT_STATE
mkdir -p "$BT_STATE/config"
cat >"$BT_STATE/config/core.conf" <<END
{ "file": 1, "format": 1 }{ "download_location": "$BT_DATA", "listen_ports": [$BT_PORT, $BT_PORT], "listen_random_port": null, "random_port": false,
  "random_outgoing_ports": true, "dht": $(uses dht), "lsd": $(uses lsd), "utpex": $(uses pex), "upnp": false, "natpmp": false,
  "enc_in_policy": $policy, "enc_out_policy": $policy, "enc_level": 2, "max_upload_speed": $rate, "max_upload_speed_per_torrent": $rate,
  "rate_limit_ip_overhead": false, "ignore_limits_on_local_network": false, "new_release_check": false, "send_info": false }
END
deluged --do-not-daemonize --config "$BT_STATE/config" --loglevel info --logfile "$BT_LOG/deluged.log" &
pid=$!
tell() { deluge-console --config "$BT_STATE/config" "$@" 2>&1; }
until tell status | grep -q 'Total upload'; do
  kill -0 "$pid" 2>/dev/null || exit 1
  sleep 2
done
source=$BT_IN
case "$source" in *magnet.txt) source=$(cat "$source") ;; esac
tell "add -p $BT_DATA $source"
until tell 'info --detailed' | grep -q 'State: Seeding'; do
  kill -0 "$pid" 2>/dev/null || exit 1
  sleep 2
done
if [ "$BT_ROLE" = seeder ]; then
  : >"$BT_LOG/ready"
  wait "$pid"
else
  kill "$pid"
  wait "$pid"
  exit 0
fi
