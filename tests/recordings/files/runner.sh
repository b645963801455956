# Runs the programs that are named to it through a pipe.
while read -r name </srv/queue; do
    perl "$name"
    rm -f /srv/hooks/latest
done
