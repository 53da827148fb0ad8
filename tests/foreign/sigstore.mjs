// SPDX-License-Identifier: Apache-2.0
// Verify Sigstore bundles with the library of sigstore-js, as a client of a private log would:
//     node sigstore.mjs PEERS KEY.pem TRUSTED-ROOT.json|- BUNDLE.json
// "-": a bundle without a log entry, as OpenSSF Model Signing makes them.
// With "schemas" for the key: check the bundle against the OMS schemas in folder TRUSTED-ROOT.
import { createPublicKey } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const [peers, key, root, file] = process.argv.slice(2);
const need = createRequire(resolve(peers) + '/');
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

function verify() {
  const { bundleFromJSON } = need('@sigstore/bundle');
  const { TrustedRoot } = need('@sigstore/protobuf-specs');
  const { Verifier, toSignedEntity, toTrustMaterial } = need('@sigstore/verify');
  const none = { mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1' };
  const rawBytes = createPublicKey(readFileSync(key)).export({ type: 'spki', format: 'der' });
  const bundle = bundleFromJSON(read(file));
  const hint = bundle.verificationMaterial.content.publicKey.hint;
  const trust = toTrustMaterial(TrustedRoot.fromJSON(root === '-' ? none : read(root)), {
    [hint]: { rawBytes, keyDetails: undefined, validFor: { start: new Date(0) } },
  });
  const thresholds = { ctlogThreshold: 0, timestampThreshold: 0, tlogThreshold: root === '-' ? 0 : 1 };
  new Verifier(trust, thresholds).verify(toSignedEntity(bundle));
}

function checkSchemas() {
  const Ajv = need('ajv/dist/2020').default;
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const schemas = readdirSync(root).map((name) => read(`${root}/${name}`));
  schemas.forEach((schema) => ajv.addSchema(schema));
  const id = (part) => schemas.find((s) => s.$id.includes(part)).$id;
  const bundle = read(file);
  const payload = JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, 'base64'));
  for (const [part, value] of [['bundle', bundle], ['envelope', bundle.dsseEnvelope],
    ['statement', payload]]) {
    if (!ajv.validate(id(part), value)) throw new Error(`${part}: ${ajv.errorsText()}`);
  }
}

try {
  (key === 'schemas' ? checkSchemas : verify)();
} catch (error) {
  console.log(`refused: ${error.message}`);
  process.exit(1);
}
