#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Other people's tools read our stores, and we read theirs.
#   oci_interop.sh STORE_TOOL
set -eu
tool=$(realpath "$1")
for need in skopeo sha256sum; do
    command -v "$need" >/dev/null && continue
    [ -z "${CI:-}" ] || { echo "Bail out! $need is not installed, and in CI that is a failure"; exit 1; }
    echo "1..0 # SKIP $need is not installed"
    exit 0
done
. "$(dirname "$0")/../tap.sh"

copy() { skopeo copy --quiet --insecure-policy "$@" >/dev/null; }
digest_of() { skopeo inspect --raw "$1" | sha256sum | cut -d' ' -f1; }

model_config=application/vnd.cncf.model.config.v1+json
model_layer=application/vnd.cncf.model.weight.v1.raw
echo '{"descriptor":{},"config":{},"modelfs":{"type":"layers","diffIds":[]}}' >config
head -c 300000 /dev/zero >weights
"$tool" init store
"$tool" publish store credit $model_config config $model_layer weights >/dev/null
"$tool" publish store team/credit $model_config config $model_layer config >/dev/null

ours=$(digest_of oci:store:credit:1)
is "skopeo finds a version by its reference" \
    "$(ls store/blobs/sha256 | grep "$ours")" "$ours"
is "skopeo finds a model with a path" \
    application/vnd.oci.image.manifest.v1+json \
    "$(skopeo inspect --raw oci:store:team/credit:1 | sed 's/.*"mediaType":"\(application.vnd.oci[^"]*\)".*/\1/')"

copy oci:store:credit:1 oci:theirs:credit:1
is "copied by skopeo, the digest is the same" "$ours" "$(digest_of oci:theirs:credit:1)"
is "what skopeo wrote is a whole store" ok "$("$tool" check theirs credit 1 1 && echo ok)"

copy oci:theirs:credit:1 oci:store:again:1
is "copied back by skopeo, our store is whole" ok "$("$tool" check store again 1 1 && echo ok)"
is "and our own entries are all there" ok "$("$tool" check store credit 1 1 && echo ok)"
"$tool" publish store credit $model_config config $model_layer config >/dev/null
is "after skopeo wrote, we still publish" ok "$("$tool" check store credit 2 2 && echo ok)"
is "and keep what skopeo entered" "$ours" "$(digest_of oci:store:again:1)"

copy oci:store:credit:1 oci-archive:theirs.tar:credit:1
is "an archive by skopeo is a store" ok "$("$tool" check theirs.tar credit 1 1 && echo ok)"
"$tool" export store ours.tar
is "an archive of ours opens in skopeo" "$ours" "$(digest_of oci-archive:ours.tar:credit:1)"

# podman runs containers: it takes the layout, and of a model says that it is no image.
if command -v podman >/dev/null && [ "$(id -u)" = 0 ]; then
    mkdir empty
    tar -cf layer.tar -C empty .
    diff_id=$(sha256sum layer.tar | cut -d' ' -f1)
    printf '{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
        "$diff_id" >image.json
    "$tool" publish store image application/vnd.oci.image.config.v1+json image.json \
        application/vnd.oci.image.layer.v1.tar layer.tar >/dev/null
    pod() { podman --root "$work/root" --runroot "$work/runroot" --storage-driver vfs "$@"; }
    id=$(sha256sum image.json | cut -d' ' -f1)
    is "podman pulls a container image out of a store" "$id" "$(pod pull --quiet oci:store:image:1)"
    is "podman reads a model's manifest, and names its config as no image's" 1 \
        "$(pod pull oci:store:credit:1 2>&1 | grep -c "artifact with type \"$model_config\"")"
else
    echo "# podman is not there, or we are not root: its part is left out"
fi
done_testing
