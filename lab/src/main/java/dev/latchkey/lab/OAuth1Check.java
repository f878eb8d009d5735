package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Auth;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/** Checks a request signed by OAuth 1.0a as a server does (RFC 5849 section 3.2), independently of the code that signs. */
final class OAuth1Check {
    private OAuth1Check() {}

    /** The protocol parameters of a valid request. */
    sealed interface Result {
        record Good(Map<String, String> protocol) implements Result {}

        record Bad(String problem) implements Result {}
    }

    /** RFC 5849's client credentials. */
    record Consumer(String key, String secret) {
        static Consumer of(LabApp app) {
            return new Consumer(app.clientId(), app.clientSecret());
        }

        @Override
        public String toString() {
            return "Consumer[redacted]";
        }
    }

    /**
     * @param tokenSecret the secret of a token; empty for one that is unknown
     * @param key of the client, for RSA-SHA1
     */
    static Result check(
            LabRequest request,
            Auth.Signature method,
            Consumer consumer,
            Function<String, Optional<String>> tokenSecret,
            Optional<PublicKey> key,
            Optional<String> realm,
            Instant now) {
        String header = request.header("authorization").orElse("");
        if (!header.startsWith("OAuth ")) {
            return new Result.Bad("parameter_absent");
        }
        Map<String, String> protocol = parse(header.substring("OAuth ".length()));
        if (realm.isPresent() && !realm.get().equals(protocol.get("realm"))) {
            return new Result.Bad("realm_rejected");
        }
        if (!consumer.key().equals(protocol.get("oauth_consumer_key"))) {
            return new Result.Bad("consumer_key_unknown");
        }
        if (!method.name().replace('_', '-').equals(protocol.get("oauth_signature_method"))) {
            return new Result.Bad("signature_method_rejected");
        }
        String timestamp = protocol.getOrDefault("oauth_timestamp", "");
        if (!timestamp.matches("\\d{1,11}")
                || !SignatureCheck.near(Instant.ofEpochSecond(Long.parseLong(timestamp)), now)
                || protocol.getOrDefault("oauth_nonce", "").isEmpty()) {
            return new Result.Bad("timestamp_refused");
        }
        Optional<String> secret = Optional.ofNullable(protocol.get("oauth_token"))
                .map(tokenSecret)
                .orElse(Optional.of(""));
        if (secret.isEmpty()) {
            return new Result.Bad("token_rejected");
        }
        String signature = protocol.getOrDefault("oauth_signature", "");
        String secrets = escape(consumer.secret()) + "&" + escape(secret.get());
        String base = base(request, protocol);
        boolean right = switch (method) {
            case PLAINTEXT -> ClientCheck.same(secrets, signature);
            case HMAC_SHA1 -> ClientCheck.same(hmac("HmacSHA1", secrets, base), signature);
            case HMAC_SHA256 -> ClientCheck.same(hmac("HmacSHA256", secrets, base), signature);
            case RSA_SHA1 -> key.isPresent() && rsa(key.get(), base, signature);
        };
        return right ? new Result.Good(protocol) : new Result.Bad("signature_invalid");
    }

    private static Map<String, String> parse(String header) {
        Map<String, String> found = new LinkedHashMap<>();
        for (String part : header.split(",")) {
            String[] pair = part.strip().split("=", 2);
            if (pair.length == 2 && pair[1].length() >= 2) {
                String value = pair[1].substring(1, pair[1].length() - 1);
                found.put(
                        pair[0],
                        pair[0].equals("realm")
                                ? value
                                : LabRequest.parameters("v=" + value).getOrDefault("v", ""));
            }
        }
        return found;
    }

    private static String base(LabRequest request, Map<String, String> protocol) {
        TreeMap<String, List<String>> all = new TreeMap<>();
        protocol.forEach((name, value) -> {
            if (!name.equals("realm") && !name.equals("oauth_signature")) {
                all.computeIfAbsent(escape(name), it -> new ArrayList<>()).add(escape(value));
            }
        });
        add(all, request.rawQuery());
        if (request.contentType().equals("application/x-www-form-urlencoded")) {
            add(all, new String(request.body(), StandardCharsets.UTF_8));
        }
        StringBuilder text = new StringBuilder();
        all.forEach((name, values) -> values.stream()
                .sorted()
                .forEach(value -> text.append(text.isEmpty() ? "" : "&")
                        .append(name)
                        .append('=')
                        .append(value)));
        String location = request.location().contains("/") ? request.location() : request.location() + "/";
        return request.method() + "&" + escape("https://" + location) + "&" + escape(text.toString());
    }

    private static void add(TreeMap<String, List<String>> all, String encoded) {
        for (String pair : encoded.split("&")) {
            if (!pair.isEmpty()) {
                LabRequest.parameters(pair)
                        .forEach((name, value) -> all.computeIfAbsent(escape(name), it -> new ArrayList<>())
                                .add(escape(value)));
            }
        }
    }

    private static String hmac(String algorithm, String key, String text) {
        return Base64.getEncoder()
                .encodeToString(SignatureCheck.hmac(algorithm, key.getBytes(StandardCharsets.UTF_8), text));
    }

    private static boolean rsa(PublicKey key, String text, String signature) {
        try {
            Signature check = Signature.getInstance("SHA1withRSA");
            check.initVerify(key);
            check.update(text.getBytes(StandardCharsets.UTF_8));
            return check.verify(Base64.getDecoder().decode(signature));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return false;
        }
    }

    /** RFC 3986 section 2.1, as RFC 5849 section 3.6 requires: the JDK's form encoding with its differences corrected. */
    static String escape(String text) {
        return java.net.URLEncoder.encode(text, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A")
                .replace("%7E", "~");
    }
}
