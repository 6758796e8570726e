import "reflect-metadata";
import { PemConverter, X509CertificateGenerator } from "@peculiar/x509";

/** A new self-signed certificate and its key, in PEM. */
export async function certificate(name = "CN=localhost"): Promise<{ cert: string; key: string }> {
  const signingAlgorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(signingAlgorithm, true, ["sign", "verify"]);
  const made = await X509CertificateGenerator.createSelfSigned({ name, keys, signingAlgorithm });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { cert: made.toString("pem"), key: PemConverter.encode(key, "PRIVATE KEY") };
}
