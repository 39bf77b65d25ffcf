#!/bin/sh
# Makes the keys and files of four validators, once, each into the volume of its own node: /out/1 to /out/4.
# DTWIN_ANCHOR_ACCOUNTS: accounts that may send transactions, 0x…, with commas between them.
set -eu

if [ -e /out/1/genesis.json ]; then
    echo "The network exists; nothing is made."
    exit 0
fi
: "${DTWIN_ANCHOR_ACCOUNTS:?name the accounts that may send, for example that of dtwin anchor key}"

work=$(mktemp -d)
besu operator generate-blockchain-config --config-file=/besu/network.json --to="$work/network" \
    --private-key-file-name=key

# 172.31.77.11 to .14 are the addresses that docker-compose.yml gives the nodes: an enode names no host by its name.
enodes=
number=0
for folder in "$work"/network/keys/*; do
    number=$((number + 1))
    public=$(sed 's/^0x//' "$folder/key.pub")
    enodes="$enodes${enodes:+,}\"enode://$public@172.31.77.1$number:30303\""
done
accounts=$(printf '"%s"' "$DTWIN_ANCHOR_ACCOUNTS" | sed 's/ //g; s/,/","/g')

number=0
for folder in "$work"/network/keys/*; do
    number=$((number + 1))
    out=/out/$number
    cp "$folder/key" "$out/key"
    cp "$work/network/genesis.json" "$out/genesis.json"
    printf 'nodes-allowlist=[%s]\naccounts-allowlist=[%s]\n' "$enodes" "$accounts" >"$out/permissions_config.toml"
    cat >"$out/config.toml" <<CONFIG
data-path="/state/data"
genesis-file="/state/genesis.json"
node-private-key-file="/state/key"
profile="ENTERPRISE"
min-gas-price=0
p2p-host="172.31.77.1$number"
p2p-port=30303
bootnodes=[$enodes]
permissions-nodes-config-file-enabled=true
permissions-nodes-config-file="/state/permissions_config.toml"
permissions-accounts-config-file-enabled=true
permissions-accounts-config-file="/state/permissions_config.toml"
rpc-http-enabled=true
rpc-http-host="172.31.77.1$number"
rpc-http-port=8545
rpc-http-api=["ETH","NET","WEB3"]
host-allowlist=["besu-$number"]
CONFIG
    mkdir -p "$out/data"
    chmod 600 "$out/key"
    chown -R 1000:1000 "$out"
done
rm -r "$work"
echo "Four validators are ready."
