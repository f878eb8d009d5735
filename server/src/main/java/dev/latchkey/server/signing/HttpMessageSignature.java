package dev.latchkey.server.signing;

import dev.latchkey.catalogue.keys.HashFunction;
import dev.latchkey.catalogue.keys.PrivateKeys;
import dev.latchkey.server.secrets.Secret;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** HTTP Message Signatures (RFC 9421), with a Content-Digest (RFC 9530) where the signature covers it. */
public final class HttpMessageSignature {
    private HttpMessageSignature() {}

    /**
     * @param algorithm section 3.3: {@code rsa-pss-sha512}, {@code rsa-v1_5-sha256}, {@code ecdsa-p256-sha256}, {@code ed25519},
     *     {@code hmac-sha256} (key in base64)
     * @param components section 2: derived ones such as {@code @method}, and names of headers in lower case
     * @param created seconds since 1970
     * @return {@code signature-input}, {@code signature} and, where covered, {@code content-digest}
     */
    public static Map<String, String> headers(
            String label,
            String keyId,
            String algorithm,
            Secret key,
            List<String> components,
            String method,
            URI uri,
            Map<String, String> headers,
            byte[] body,
            long created) {
        Map<String, String> made = new LinkedHashMap<>();
        Map<String, String> all = new LinkedHashMap<>(headers);
        if (components.contains("content-digest")) {
            String digest = "sha-256=:" + Base64.getEncoder().encodeToString(HashFunction.SHA_256.digest(body)) + ":";
            made.put("content-digest", digest);
            all.put("content-digest", digest);
        }
        String parameters = covered(components) + ";created=" + created + ";keyid=\"" + keyId.replace("\"", "")
                + "\";alg=\"" + algorithm + "\"";
        made.put("signature-input", label + "=" + parameters);
        made.put(
                "signature",
                label + "=:"
                        + Base64.getEncoder()
                                .encodeToString(
                                        signature(algorithm, key, base(components, parameters, method, uri, all)))
                        + ":");
        return made;
    }

    private static String covered(List<String> components) {
        return components.stream().map(name -> '"' + name + '"').collect(Collectors.joining(" ", "(", ")"));
    }

    /** Section 2.5. */
    static String base(
            List<String> components, String parameters, String method, URI uri, Map<String, String> headers) {
        StringBuilder base = new StringBuilder();
        for (String component : components) {
            base.append('"')
                    .append(component)
                    .append("\": ")
                    .append(value(component, method, uri, headers))
                    .append('\n');
        }
        return base.append("\"@signature-params\": ").append(parameters).toString();
    }

    private static String value(String component, String method, URI uri, Map<String, String> headers) {
        return switch (component) {
            case "@method" -> method.toUpperCase(Locale.ROOT);
            case "@target-uri" -> uri.toString();
            case "@authority" ->
                uri.getHost().toLowerCase(Locale.ROOT) + (uri.getPort() < 0 ? "" : ":" + uri.getPort());
            case "@scheme" -> uri.getScheme().toLowerCase(Locale.ROOT);
            case "@path" -> uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
            case "@query" -> "?" + (uri.getRawQuery() == null ? "" : uri.getRawQuery());
            case "@request-target" -> uri.getRawPath() + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
            default -> {
                String header = headers.get(component);
                if (header == null) {
                    throw new IllegalArgumentException(
                            "the request has no header " + component + ", which its signature covers");
                }
                yield header.strip();
            }
        };
    }

    static byte[] signature(String algorithm, Secret key, String base) {
        byte[] text = base.getBytes(StandardCharsets.UTF_8);
        try {
            if (algorithm.equals("hmac-sha256")) {
                return HashFunction.SHA_256.hmac(
                        Base64.getDecoder().decode(key.reveal().strip()), text);
            }
            Signature signature = switch (algorithm) {
                case "rsa-v1_5-sha256" -> Signature.getInstance("SHA256withRSA");
                case "rsa-pss-sha512" -> {
                    Signature pss = Signature.getInstance("RSASSA-PSS");
                    pss.setParameter(new PSSParameterSpec(
                            "SHA-512", "MGF1", MGF1ParameterSpec.SHA512, 64, PSSParameterSpec.TRAILER_FIELD_BC));
                    yield pss;
                }
                case "ecdsa-p256-sha256" -> Signature.getInstance("SHA256withECDSAinP1363Format");
                case "ed25519" -> Signature.getInstance("Ed25519");
                default -> throw new IllegalArgumentException(algorithm + " is no algorithm of RFC 9421");
            };
            return PrivateKeys.sign(key.reveal(), signature, text);
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("the key is not one for " + algorithm);
        }
    }
}
