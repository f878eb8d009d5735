package dev.latchkey.server.signing;

import dev.latchkey.catalogue.keys.HashFunction;
import dev.latchkey.catalogue.keys.PrivateKeys;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.secrets.Secret;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** OAuth 1.0a (RFC 5849): the Authorization header of a signed request. */
public final class OAuth1Signature {
    private OAuth1Signature() {}

    /**
     * The signing client and token.
     *
     * @param privateKey of the client, for RSA-SHA1 (section 3.4.3)
     * @param token empty while a request token is requested
     */
    public record Signer(
            Auth.Signature method,
            Optional<String> realm,
            String clientKey,
            Secret clientSecret,
            Optional<Secret> privateKey,
            Optional<Token> token) {}

    public record Token(String value, Secret secret) {}

    /**
     * @param form the body's parameters if it is a form, otherwise empty (section 3.4.1.3.1)
     * @param further protocol parameters, such as {@code oauth_callback} and {@code oauth_verifier}
     * @param nonce, timestamp section 3.3; the timestamp in seconds
     */
    public static String header(
            Signer signer,
            String method,
            URI uri,
            Optional<String> form,
            Map<String, String> further,
            String nonce,
            long timestamp) {
        Map<String, String> protocol = new LinkedHashMap<>();
        protocol.put("oauth_consumer_key", signer.clientKey());
        signer.token().ifPresent(token -> protocol.put("oauth_token", token.value()));
        protocol.put("oauth_signature_method", name(signer.method()));
        protocol.put("oauth_timestamp", Long.toString(timestamp));
        protocol.put("oauth_nonce", nonce);
        protocol.put("oauth_version", "1.0");
        protocol.putAll(further);
        List<Map.Entry<String, String>> parameters = new ArrayList<>(protocol.entrySet());
        parameters.addAll(decoded(uri.getRawQuery() == null ? "" : uri.getRawQuery()));
        form.ifPresent(text -> parameters.addAll(decoded(text)));
        protocol.put("oauth_signature", signature(signer, baseString(method, uri, parameters)));
        String realm = signer.realm().map(it -> "realm=\"" + it + "\", ").orElse("");
        return "OAuth " + realm
                + protocol.entrySet().stream()
                        .map(one -> PercentEncoding.strict(one.getKey()) + "=\""
                                + PercentEncoding.strict(one.getValue()) + "\"")
                        .collect(Collectors.joining(", "));
    }

    /** Section 3.4.1. */
    static String baseString(String method, URI uri, List<Map.Entry<String, String>> parameters) {
        String normalized = parameters.stream()
                .map(one -> Map.entry(PercentEncoding.strict(one.getKey()), PercentEncoding.strict(one.getValue())))
                .sorted(Map.Entry.<String, String>comparingByKey()
                        .thenComparing(Map.Entry.comparingByValue(Comparator.naturalOrder())))
                .map(one -> one.getKey() + "=" + one.getValue())
                .collect(Collectors.joining("&"));
        return method.toUpperCase(Locale.ROOT) + "&" + PercentEncoding.strict(baseUri(uri)) + "&"
                + PercentEncoding.strict(normalized);
    }

    /** Section 3.4.1.2: without query, and without the scheme's own port. */
    private static String baseUri(URI uri) {
        String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
        int port = uri.getPort();
        boolean standard = port < 0 || port == (scheme.equals("https") ? 443 : 80);
        String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        return scheme + "://" + uri.getHost().toLowerCase(Locale.ROOT) + (standard ? "" : ":" + port) + path;
    }

    static String signature(Signer signer, String base) {
        String secrets = PercentEncoding.strict(signer.clientSecret().reveal()) + "&"
                + PercentEncoding.strict(
                        signer.token().map(token -> token.secret().reveal()).orElse(""));
        return switch (signer.method()) {
            case HMAC_SHA1 -> base64(HashFunction.SHA_1.hmac(secrets, base));
            case HMAC_SHA256 -> base64(HashFunction.SHA_256.hmac(secrets, base));
            case PLAINTEXT -> secrets;
            case RSA_SHA1 ->
                rsa(
                        signer.privateKey()
                                .orElseThrow(() -> new IllegalArgumentException(
                                        "the integration has no private key, which RSA-SHA1 needs")),
                        base);
        };
    }

    private static String rsa(Secret key, String text) {
        try {
            return base64(PrivateKeys.sign(
                    key.reveal(), Signature.getInstance("SHA1withRSA"), text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("the integration's private key is not an RSA key");
        }
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    static String name(Auth.Signature method) {
        return method.name().replace('_', '-');
    }

    /** Names may occur several times, and each counts. */
    static List<Map.Entry<String, String>> decoded(String encoded) {
        List<Map.Entry<String, String>> found = new ArrayList<>();
        for (String pair : encoded.split("&")) {
            if (!pair.isEmpty()) {
                String[] parts = pair.split("=", 2);
                found.add(Map.entry(decode(parts[0]), parts.length > 1 ? decode(parts[1]) : ""));
            }
        }
        return found;
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
