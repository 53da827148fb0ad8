#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Verify with openssl, jq and sha256sum, as an auditor would who has nothing else:
#
#     by_hand.sh bundle KEY.pem VKEY BUNDLE     the statement's signature, and that the log entry in
#                                               the bundle, whose checkpoint the log signed, is of it
#     by_hand.sh model KEY.pem FOLDER SIGNATURE every file of a model (OpenSSF Model Signing)
#     by_hand.sh checkpoint VKEY FILE           the log's signature
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

refuse() {
    echo "refused: $*"
    exit 1
}

# verify KEY.pem MESSAGE SIGNATURE: by the kind of the key.
verify() {
    case $(openssl pkey -pubin -in "$1" -noout -text) in
    *ED25519*) openssl pkeyutl -verify -pubin -inkey "$1" -rawin -in "$2" -sigfile "$3" ;;
    *) openssl dgst -sha256 -verify "$1" -signature "$3" "$2" ;;
    esac >"$work/said" 2>&1 || refuse "$(head -1 "$work/said"): $2"
}

# checkpoint VKEY FILE: signed text, an empty line, "— NAME base64(4 bytes of key id, signature)".
checkpoint() {
    name=${1%%+*}
    { # SubjectPublicKeyInfo of an Ed25519 key: 12 bytes that are always the same, then the key
        printf '\060\052\060\005\006\003\053\145\160\003\041\000'
        printf %s "${1#*+*+}" | base64 -d | tail -c 32
    } >"$work/log.der"
    openssl pkey -pubin -inform DER -in "$work/log.der" -out "$work/log.pem" 2>/dev/null ||
        refuse "the log's key"
    sed '/^$/,$d' "$2" >"$work/text"
    line=$(sed '1,/^$/d' "$2" | grep -F "— $name " | head -1) || refuse "$name did not sign"
    printf %s "${line##* }" | base64 -d >"$work/line" || refuse "a signature line"
    id=$(head -c 4 "$work/line" | od -An -tx1 | tr -d ' \n')
    [ "$1" = "$name+$id+${1#*+*+}" ] || refuse "the signature has key id $id"
    tail -c +5 "$work/line" >"$work/log.sig"
    [ "$(head -1 "$work/text")" = "$name" ] || refuse "the checkpoint is of another log"
    verify "$work/log.pem" "$work/text" "$work/log.sig"
}

# envelope KEY.pem BUNDLE: leaves the payload and what was signed in $work.
envelope() {
    jq -e '.dsseEnvelope.signatures | length == 1' "$2" >/dev/null || refuse "not one signature"
    jq -j .dsseEnvelope.payload "$2" | base64 -d >"$work/payload" || refuse "payload"
    jq -j '.dsseEnvelope.signatures[0].sig' "$2" | base64 -d >"$work/sig" || refuse "signature"
    type=$(jq -r .dsseEnvelope.payloadType "$2")
    {
        printf 'DSSEv1 %s %s %s ' ${#type} "$type" "$(wc -c <"$work/payload")"
        cat "$work/payload"
    } >"$work/pae"
    verify "$1" "$work/pae" "$work/sig"
    [ "$type" = application/vnd.in-toto+json ] || refuse "payload type $type"
    jq -e '._type == "https://in-toto.io/Statement/v1"' "$work/payload" >/dev/null || refuse "_type"
}

bundle() {
    envelope "$1" "$3"
    entry='.verificationMaterial.tlogEntries[0]'
    jq -j "$entry.canonicalizedBody" "$3" | base64 -d >"$work/body" || refuse "log entry"
    jq -j "$entry.inclusionProof.checkpoint.envelope" "$3" >"$work/checkpoint"
    digest=$(openssl dgst -sha256 -binary "$work/pae" | base64 -w0)
    key=$(openssl pkey -pubin -in "$1" -outform DER | base64 -w0)
    jq -e --arg digest "$digest" --arg key "$key" --arg sig "$(base64 -w0 "$work/sig")" \
        '.spec.hashedRekordV002 | .data.digest == $digest and .signature.content == $sig and
         .signature.verifier.publicKey.rawBytes == $key' "$work/body" >/dev/null ||
        refuse "the log entry is of something else"
    checkpoint "$2" "$work/checkpoint"
}

model() {
    envelope "$1" "$3"
    jq -r '.predicate.resources[] | .digest + "  " + .name' "$work/payload" >"$work/sums"
    (cd "$2" && sha256sum --quiet --strict -c "$work/sums") >"$work/said" 2>&1 ||
        refuse "$(head -1 "$work/said")"
    jq -r '.predicate.resources[].name' "$work/payload" | LC_ALL=C sort >"$work/signed"
    (cd "$2" && find . -type f | cut -c3- | LC_ALL=C sort) >"$work/there"
    cmp -s "$work/signed" "$work/there" || refuse "files that are not signed"
}

case ${1-} in
bundle | model | checkpoint) "$@" ;;
*) sed -n '3,9s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
esac
