// Reads one JSON request from standard input and writes one answer: what other implementations say of an export.
import { createPublicKey } from "node:crypto";
import { text } from "node:stream/consumers";

const request = JSON.parse(await text(process.stdin));

// HL7 FHIR R4: structure, cardinality, required value sets, and no element that R4 does not know.
async function fhir() {
  const { Fhir } = (await import("fhir")).default;
  const { valid, messages } = new Fhir().validate(request.document, { errorOnUnexpected: true });
  return { valid, errors: messages.filter((one) => one.severity === "error") };
}

// Sigstore's own verifier, with the given key for the hint and no transparency log.
async function sigstore() {
  const { bundleFromJSON } = await import("@sigstore/bundle");
  const { Verifier, toSignedEntity, toTrustMaterial } = await import("@sigstore/verify");
  const none = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] };
  const hints = [];
  const trust = toTrustMaterial(none, (hint) => {
    hints.push(hint);
    return { publicKey: createPublicKey(request.publicKey), validFor: () => true };
  });
  const verifier = new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, tsaThreshold: 0 });
  try {
    verifier.verify(toSignedEntity(bundleFromJSON(request.document)));
    return { valid: true, hints };
  } catch (error) {
    return { valid: false, hints, error: error.message };
  }
}

// The root data set as the crate library finds it, with the parts it can resolve.
async function crate() {
  const { ROCrate } = (await import("ro-crate")).default;
  const { rootDataset } = new ROCrate(request.document, { array: true, link: true });
  return {
    name: rootDataset.name,
    datePublished: rootDataset.datePublished,
    parts: rootDataset.hasPart.map((part) => ({ id: part["@id"], type: part["@type"], sha256: part.sha256?.[0] })),
  };
}

const answer = await { fhir, sigstore, crate }[request.peer]();
process.stdout.write(JSON.stringify(answer));
