#!/bin/sh
# deluged on one torrent or magnet link, given to it by deluge-add.py: source, data, port, a second torrent or nothing.
home=$(mktemp -d)
# The signal reaches the program too, because it goes to the whole group; a second one would hurry it.
trap 'wait "$pid"; rm -rf "$home"; exit' TERM INT
# An address of loopback for each, so that many can be told what to do at the same port.
ui=127.$(($3 / 256)).$(($3 % 256)).1
cat >"$home/core.conf" <<END
{ "file": 1, "format": 1 }{ "download_location": "$2", "listen_ports": [$3, $3], "listen_random_port": null, "random_port": false,
  "random_outgoing_ports": true, "dht": false, "lsd": false, "utpex": true, "upnp": false, "natpmp": false,
  "enc_in_policy": 2, "enc_out_policy": 2, "new_release_check": false, "send_info": false }
END
HOME=$home deluged --do-not-daemonize --config "$home" --ui-interface "$ui" --port 58846 &
pid=$!
until [ -s "$home/auth" ]; do sleep 0.1; done
secret=$(sed -n 's/^localclient:\([^:]*\):.*/\1/p' "$home/auth")
for source in "$1" ${4:+"$4"}; do
  until HOME=$home /usr/bin/python3 deluge-add.py "$ui" "$secret" "$source" "$2"; do
    kill -0 "$pid" || exit 1
    sleep 0.2
  done
done
wait "$pid"
code=$?
rm -rf "$home"
exit $code
