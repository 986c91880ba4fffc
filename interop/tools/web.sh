#!/bin/sh
# A web seed (BEP 19): the files, as they are, over HTTP.
nginx -t -c /tools/nginx.conf || exit 1
: >"$BT_LOG/ready"
exec nginx -c /tools/nginx.conf
