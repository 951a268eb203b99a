// Verifies a submission with the library jose, and writes its document again in canonical form by JavaScript's own means.
//
// Arguments: the signed file, and the public JWK as JSON. Prints one line of JSON: "thumbprint", and "error" or "canonical" (whether
// the document is byte for byte what sorting the keys and JSON.stringify give, which is RFC 8785 for it) with "fiscal_year".
import { readFileSync } from "node:fs";
import { calculateJwkThumbprint, compactVerify, importJWK } from "jose";

const [file, jwk] = process.argv.slice(2);

function sorted(value) {
    if (Array.isArray(value)) return value.map(sorted);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}

const found = { thumbprint: await calculateJwkThumbprint(JSON.parse(jwk)) };
try {
    const key = await importJWK(JSON.parse(jwk), "EdDSA");
    const { payload, protectedHeader } = await compactVerify(readFileSync(file, "latin1"), key, { algorithms: ["EdDSA"] });
    const text = new TextDecoder("utf-8", { fatal: true }).decode(payload);
    const document = JSON.parse(text);
    found.canonical = JSON.stringify(sorted(document)) === text;
    found.kid = protectedHeader.kid;
    found.fiscal_year = document.fiscal_year;
} catch (error) {
    found.error = error.code ?? String(error);
}
console.log(JSON.stringify(found));
