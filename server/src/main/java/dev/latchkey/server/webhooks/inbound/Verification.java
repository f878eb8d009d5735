package dev.latchkey.server.webhooks.inbound;

import dev.latchkey.catalogue.keys.HashFunction;
import dev.latchkey.catalogue.model.Webhook.Verify;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import dev.latchkey.server.secrets.Secret;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;

/** Whether a request comes from its vendor, according to the definition. Anything missing or unreadable means no. */
final class Verification {
    private final IncomingRequest request;
    private final Instant now;
    private final VendorKeys keys;
    private final Optional<String> clientId;

    /** @param clientId of the integration's app at the vendor */
    Verification(IncomingRequest request, Instant now, PublishedKeys keys, Optional<String> clientId) {
        this.request = request;
        this.now = now;
        this.keys = new VendorKeys(keys, request);
        this.clientId = clientId;
    }

    /** @throws PublishedKeys.AwayException when the vendor's keys cannot be read now */
    boolean proves(Verify verify, Secret secret) {
        return switch (verify) {
            case Verify.None none -> true;
            case Verify.Equality equality ->
                request.at(equality.value(), request.content())
                        .filter(value -> equal(value, secret))
                        .isPresent();
            case Verify.Signature signature -> signature(signature, secret);
            case Verify.PublicKey key -> publicKey(key, secret);
            case Verify.Token token -> token(token, secret).isPresent();
            case Verify.HttpBasic basic -> basic(secret);
            case Verify.Standard standard -> standard(standard, secret);
        };
    }

    static boolean equal(String value, Secret secret) {
        return !secret.reveal().isEmpty() && MessageDigest.isEqual(utf8(value), utf8(secret.reveal()));
    }

    private boolean signature(Verify.Signature verify, Secret secret) {
        Optional<String> sent = request.at(verify.signature(), request.content());
        if (sent.isEmpty() || secret.reveal().isEmpty()) {
            return false;
        }
        Map<String, String> fields = new HashMap<>();
        List<String> candidates = new ArrayList<>();
        if (verify.field().isPresent()) {
            String[] parts = sent.get().split("[,;]");
            for (int place = 0; place < parts.length; place++) {
                String[] pair = parts[place].strip().split("=", 2);
                // Of a list without names, 0 is the first, and 1 each of the others.
                String name = pair.length == 2 ? pair[0] : place == 0 ? "0" : "1";
                String value = pair.length == 2 ? pair[1] : pair[0];
                fields.putIfAbsent(name, value);
                if (name.equals(verify.field().get())) {
                    candidates.add(value);
                }
            }
        } else {
            candidates.add(sent.get().strip());
        }
        Template.Values values = values(fields, secret);
        if (!verify.freshness().map(it -> isFresh(it, values)).orElse(true)) {
            return false;
        }
        Optional<byte[]> expected = expand(verify.over(), values).flatMap(text -> compute(verify, secret, text));
        return expected.isPresent()
                && candidates.stream()
                        .map(candidate -> cut(candidate, verify.prefix()))
                        .flatMap(Optional::stream)
                        .map(candidate -> decode(candidate, verify.encoding()))
                        .flatMap(Optional::stream)
                        .anyMatch(candidate -> MessageDigest.isEqual(candidate, expected.get()));
    }

    private static Optional<String> cut(String signature, Optional<String> prefix) {
        return prefix.isEmpty()
                ? Optional.of(signature)
                : signature.startsWith(prefix.get())
                        ? Optional.of(signature.substring(prefix.get().length()))
                        : Optional.empty();
    }

    private static Optional<byte[]> compute(Verify.Signature verify, Secret secret, byte[] text) {
        HashFunction function = HashFunction.named(verify.algorithm()).orElseThrow();
        return switch (verify.kind()) {
            case HASH -> Optional.of(function.digest(text));
            case HMAC -> {
                Optional<byte[]> key = switch (verify.keyForm()) {
                    case TEXT -> Optional.of(utf8(secret.reveal()));
                    case BASE64 -> decode(secret.reveal(), "base64");
                    case HEX -> decode(secret.reveal().strip(), "hex");
                    case SHA256 -> Optional.of(HashFunction.SHA_256.digest(secret.reveal()));
                };
                yield key.filter(bytes -> bytes.length > 0).map(bytes -> function.hmac(bytes, text));
            }
        };
    }

    private boolean publicKey(Verify.PublicKey verify, Secret secret) {
        Template.Values values = values(Map.of(), secret);
        if (!verify.freshness().map(it -> isFresh(it, values)).orElse(true)) {
            return false;
        }
        Optional<byte[]> sent =
                request.at(verify.signature(), request.content()).flatMap(text -> decode(text, verify.encoding()));
        Optional<byte[]> over = expand(verify.over(), values);
        return sent.isPresent()
                && over.isPresent()
                && keys.of(verify.key(), VendorKey.Algorithm.of(verify.algorithm()), secret, Optional.empty())
                        .filter(key -> key.signed(over.get(), sent.get()))
                        .isPresent();
    }

    /** The token that proves the request; empty if none does. */
    Optional<VendorToken> token(Verify.Token verify, Secret secret) {
        String sent = request.at(verify.token(), request.content()).orElse("").strip();
        String compact = sent.regionMatches(true, 0, "Bearer ", 0, "Bearer ".length())
                ? sent.substring("Bearer ".length()).strip()
                : sent;
        Template.Values values = values(Map.of(), secret);
        return VendorToken.read(compact)
                .filter(token -> token.isOf(verify.algorithm()))
                .flatMap(token -> signed(token, verify, secret))
                .filter(token -> token.isValidAt(now))
                .filter(token ->
                        verify.maxAge().map(age -> token.isYounger(age, now)).orElse(true))
                .filter(token -> verify.claims().entrySet().stream()
                        .allMatch(claim -> claim.getValue().alternatives().stream()
                                .map(way -> way.expand(values))
                                .flatMap(Optional::stream)
                                .map(Verification::revealed)
                                .anyMatch(expected -> token.says(claim.getKey(), expected))));
    }

    private Optional<VendorToken> signed(VendorToken.Unproven token, Verify.Token verify, Secret secret) {
        return switch (verify.algorithm()) {
            case HS256 -> token.signedWith(secret);
            case RS256 -> signed(token, verify, VendorKey.Algorithm.RSA_SHA256, secret);
            case ES256 -> signed(token, verify, VendorKey.Algorithm.ES256, secret);
        };
    }

    private Optional<VendorToken> signed(
            VendorToken.Unproven token, Verify.Token verify, VendorKey.Algorithm algorithm, Secret secret) {
        return verify.key()
                .flatMap(source -> keys.of(source, algorithm, secret, token.keyId()))
                .flatMap(token::signedBy);
    }

    private boolean basic(Secret secret) {
        String[] words =
                request.headers().getOrDefault("authorization", "").strip().split(" +", 2);
        if (words.length != 2 || !words[0].equalsIgnoreCase("basic")) {
            return false;
        }
        return decode(words[1], "base64")
                .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
                .filter(pair -> pair.indexOf(':') >= 0)
                .filter(pair -> equal(pair, secret) || equal(pair.substring(pair.indexOf(':') + 1), secret))
                .isPresent();
    }

    /** Standard Webhooks: {@code id.time.body}, a list of {@code v1,base64}; Svix' names of the headers too. */
    private boolean standard(Verify.Standard verify, Secret secret) {
        String prefix = request.headers().containsKey("webhook-id") ? "webhook-" : "svix-";
        String id = request.headers().getOrDefault(prefix + "id", "");
        String time = request.headers().getOrDefault(prefix + "timestamp", "");
        String signatures = request.headers().getOrDefault(prefix + "signature", "");
        if (id.isEmpty() || secret.reveal().isEmpty() || !isWithin(time, "s", verify.maxAge())) {
            return false;
        }
        String text = secret.reveal();
        Optional<byte[]> key = text.startsWith("whsec_")
                ? decode(text.substring("whsec_".length()), "base64")
                : Optional.of(utf8(text));
        return key.filter(bytes -> bytes.length > 0)
                .map(bytes -> HashFunction.SHA_256.hmac(bytes, utf8(id + "." + time + "."), request.raw()))
                .filter(expected -> Arrays.stream(signatures.split(" "))
                        .filter(one -> one.startsWith("v1,"))
                        .map(one -> decode(one.substring("v1,".length()), "base64"))
                        .flatMap(Optional::stream)
                        .anyMatch(one -> MessageDigest.isEqual(one, expected)))
                .isPresent();
    }

    private boolean isFresh(Verify.Freshness freshness, Template.Values values) {
        return freshness
                .time()
                .expand(values)
                .filter(time -> isWithin(time, freshness.unit(), freshness.maxAge()))
                .isPresent();
    }

    /** At most this age in the past or in the future: clocks differ. */
    private boolean isWithin(String time, String unit, Duration maxAge) {
        try {
            Instant made = switch (unit) {
                case "ms" -> Instant.ofEpochMilli(Long.parseLong(time));
                case "iso" -> Instant.parse(time);
                default -> Instant.ofEpochSecond(Long.parseLong(time));
            };
            return Duration.between(made, now).abs().compareTo(maxAge) <= 0;
        } catch (NumberFormatException | DateTimeException e) {
            return false;
        }
    }

    /** Texts are bytes in disguise (one character each), so that a body that is not UTF-8 is verified unchanged. */
    Template.Values values(Map<String, String> signatureFields, Secret secret) {
        return reference -> {
            String path = String.join(".", reference.path());
            return switch (reference.root()) {
                case "body" ->
                    reference.path().isEmpty()
                            ? Optional.of(new String(request.raw(), StandardCharsets.ISO_8859_1))
                            : request.at("body." + path, request.content()).map(Verification::disguised);
                // What a vendor signs as nothing where it is missing.
                case "maybe" ->
                    Optional.of(request.at(path, request.content())
                            .map(Verification::disguised)
                            .orElse(""));
                case "client_id" -> clientId.map(Verification::disguised);
                case "body_base64" -> Optional.of(Base64.getEncoder().encodeToString(request.raw()));
                case "body_crc32" -> {
                    CRC32 sum = new CRC32();
                    sum.update(request.raw());
                    yield Optional.of(Long.toString(sum.getValue()));
                }
                case "header", "query" ->
                    request.at(reference.root() + "." + path, request.content()).map(Verification::disguised);
                case "method" -> Optional.of(request.method());
                case "url" -> Optional.of(disguised(request.url()));
                case "url_without_query" -> Optional.of(disguised(request.url().split("\\?", 2)[0]));
                case "body_sha256" -> Optional.of(HexFormat.of().formatHex(HashFunction.SHA_256.digest(request.raw())));
                case "signature" -> Optional.ofNullable(signatureFields.get(path));
                case "key" -> Optional.of(disguised(secret.reveal()));
                case "sorted_form" -> Optional.of(disguised(request.sortedForm()));
                default -> Optional.empty();
            };
        };
    }

    private static Optional<byte[]> expand(Text text, Template.Values values) {
        return text.expand(values).map(expanded -> expanded.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String disguised(String text) {
        return new String(utf8(text), StandardCharsets.ISO_8859_1);
    }

    /** What {@link #disguised} made, as the text that it was. */
    static String revealed(String disguised) {
        return new String(disguised.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    private static Optional<byte[]> decode(String text, String encoding) {
        try {
            return Optional.of(
                    switch (encoding) {
                        case "hex" -> HexFormat.of().parseHex(text);
                        case "base64url" -> Base64.getUrlDecoder().decode(text);
                        default -> Base64.getDecoder().decode(text);
                    });
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
