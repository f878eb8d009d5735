package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Api;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.Text;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Signed requests as the vendors check them: written from their documentation, independently of the code that signs. */
final class SignatureCheck {
    private static final Duration WINDOW = Duration.ofMinutes(5);
    private static final Pattern WSSE = Pattern.compile(
            "UsernameToken Username=\"([^\"]*)\", PasswordDigest=\"([^\"]*)\", Nonce=\"([^\"]*)\", Created=\"([^\"]*)\"");
    private static final Pattern INPUT =
            Pattern.compile("([a-z0-9]+)=\\(([^)]*)\\);created=(\\d+);keyid=\"([^\"]*)\";alg=\"([^\"]*)\"");

    private SignatureCheck() {}

    static boolean wsse(String header, String username, String password, Instant now) {
        Matcher matcher = WSSE.matcher(header);
        if (!matcher.matches() || !matcher.group(1).equals(username)) {
            return false;
        }
        Instant created;
        try {
            created = Instant.parse(matcher.group(4));
        } catch (DateTimeParseException e) {
            return false;
        }
        String hex = HexFormat.of().formatHex(digest("SHA-1", matcher.group(3) + matcher.group(4) + password));
        String expected = Base64.getEncoder().encodeToString(hex.getBytes(StandardCharsets.US_ASCII));
        return near(created, now) && ClientCheck.same(expected, matcher.group(2));
    }

    /** Duo's Admin API: HMAC-SHA1 of date, method, host, path and sorted parameters, as the password of HTTP Basic. */
    static boolean duo(LabRequest request, String integrationKey, String secretKey, Instant now) {
        String date = request.header("date").orElse("");
        Instant sent;
        try {
            sent = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
        } catch (DateTimeParseException e) {
            return false;
        }
        String raw = request.contentType().equals("application/x-www-form-urlencoded")
                ? new String(request.body(), StandardCharsets.UTF_8)
                : request.rawQuery();
        List<String> pairs = new ArrayList<>();
        LabRequest.parameters(raw)
                .forEach((name, value) -> pairs.add(OAuth1Check.escape(name) + "=" + OAuth1Check.escape(value)));
        pairs.sort(null);
        String path = request.location().substring(request.host().length());
        String text = date + "\n" + request.method() + "\n" + request.host().toLowerCase(Locale.ROOT) + "\n" + path
                + "\n" + String.join("&", pairs);
        String expected = HexFormat.of().formatHex(hmac("HmacSHA1", secretKey.getBytes(StandardCharsets.UTF_8), text));
        return near(sent, now)
                && request.basic()
                        .filter(pair ->
                                pair.user().equals(integrationKey) && ClientCheck.same(expected, pair.password()))
                        .isPresent();
    }

    /** RFC 9421 section 3.2. */
    static boolean message(LabRequest request, Provider provider, LabAccount account, Instant now) {
        Api.Signing signing = provider.api().signing();
        Matcher input = INPUT.matcher(request.header("signature-input").orElse(""));
        Matcher value = Pattern.compile("([a-z0-9]+)=:([A-Za-z0-9+/=]+):")
                .matcher(request.header("signature").orElse(""));
        if (!input.matches() || !value.matches() || !input.group(1).equals(value.group(1))) {
            return false;
        }
        List<String> covered = List.of(input.group(2).replace("\"", "").split(" "));
        boolean digest = !covered.contains("content-digest")
                || request.header("content-digest")
                        .filter(("sha-256=:" + Base64.getEncoder().encodeToString(digest("SHA-256", request.body()))
                                + ":")::equals)
                        .isPresent();
        boolean as = covered.equals(signing.over())
                && input.group(5).equals(signing.algorithm())
                && near(Instant.ofEpochSecond(Long.parseLong(input.group(3))), now)
                && signing.keyId()
                        .map(text -> expand(text, account).equals(input.group(4)))
                        .orElse(true);
        String parameters = request.header("signature-input")
                .orElse("")
                .substring(input.group(1).length() + 1);
        StringBuilder base = new StringBuilder();
        for (String component : covered) {
            base.append('"')
                    .append(component)
                    .append("\": ")
                    .append(component(component, request))
                    .append('\n');
        }
        base.append("\"@signature-params\": ").append(parameters);
        byte[] signature = Base64.getDecoder().decode(value.group(2));
        if (signing.algorithm().equals("hmac-sha256")) {
            byte[] key = LabApp.digest("hmac", provider.id());
            return as && digest && MessageDigest.isEqual(hmac("HmacSHA256", key, base.toString()), signature);
        }
        KeyPair keys = LabKeys.of(provider.id(), "account", signing.algorithm());
        return as && digest && verified(signing.algorithm(), keys.getPublic(), base.toString(), signature);
    }

    private static String component(String name, LabRequest request) {
        String path = request.location().substring(request.host().length());
        return switch (name) {
            case "@method" -> request.method();
            case "@authority" -> request.host();
            case "@scheme" -> "https";
            case "@path" -> path;
            case "@query" -> "?" + request.rawQuery();
            case "@request-target" -> path + (request.rawQuery().isEmpty() ? "" : "?" + request.rawQuery());
            case "@target-uri" ->
                "https://" + request.location() + (request.rawQuery().isEmpty() ? "" : "?" + request.rawQuery());
            default -> request.header(name).orElse("");
        };
    }

    private static boolean verified(String algorithm, PublicKey key, String text, byte[] signed) {
        try {
            Signature signature = switch (algorithm) {
                case "rsa-v1_5-sha256" -> Signature.getInstance("SHA256withRSA");
                case "ecdsa-p256-sha256" -> Signature.getInstance("SHA256withECDSAinP1363Format");
                case "ed25519" -> Signature.getInstance("Ed25519");
                default -> Signature.getInstance("RSASSA-PSS");
            };
            if (algorithm.equals("rsa-pss-sha512")) {
                signature.setParameter(new PSSParameterSpec("SHA-512", "MGF1", MGF1ParameterSpec.SHA512, 64, 1));
            }
            signature.initVerify(key);
            signature.update(text.getBytes(StandardCharsets.UTF_8));
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    static String expand(Text text, LabAccount account) {
        return text.expand(
                        reference -> Optional.of(account.value(reference.path().getFirst())))
                .orElse("");
    }

    static boolean near(Instant time, Instant now) {
        return Duration.between(time, now).abs().compareTo(WINDOW) < 0;
    }

    static byte[] hmac(String algorithm, byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance(algorithm);
            mac.init(new SecretKeySpec(key, algorithm));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JDK has " + algorithm, e);
        }
    }

    static byte[] digest(String algorithm, String text) {
        return digest(algorithm, text.getBytes(StandardCharsets.UTF_8));
    }

    static byte[] digest(String algorithm, byte[] bytes) {
        try {
            return MessageDigest.getInstance(algorithm).digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JDK has " + algorithm, e);
        }
    }
}
