package dev.latchkey.catalogue.template;

import com.google.re2j.Matcher;
import dev.latchkey.catalogue.keys.HashFunction;
import dev.latchkey.catalogue.keys.HeavyWork;
import dev.latchkey.catalogue.keys.PrivateKeys;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/** The functions of templates. All are pure except {@code uuid} and {@code now}. */
final class Functions {
    /** In characters. */
    private static final int LONGEST = 1 << 20;

    private Functions() {}

    /**
     * Empty: there is no such part, as {@code match} may find nothing.
     *
     * @throws IllegalArgumentException containing no value; also for results longer than {@link #LONGEST}
     */
    static Optional<String> call(Expression.Name name, List<String> arguments) {
        Optional<String> value;
        try {
            value = value(name, arguments);
        } catch (IllegalArgumentException e) {
            throw e;
        } catch (DateTimeException | IndexOutOfBoundsException e) {
            throw new IllegalArgumentException(
                    name.name().toLowerCase(Locale.ROOT) + "() cannot do this with what it is given", e);
        }
        return value.map(Functions::bounded);
    }

    /** Not all definitions are ours: their results must fit into memory. */
    private static String bounded(String text) {
        if (text.length() > LONGEST) {
            throw new IllegalArgumentException("a value would be longer than " + LONGEST + " characters");
        }
        return text;
    }

    private static Optional<String> value(Expression.Name name, List<String> arguments) {
        String first = arguments.isEmpty() ? "" : arguments.get(0);
        return switch (name) {
            case UUID -> Optional.of(UUID.randomUUID().toString());
            case NOW -> Optional.of(now(arguments));
            case BASE64 -> Optional.of(Base64.getEncoder().encodeToString(bytes(first)));
            case BASE64URL ->
                Optional.of(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes(first)));
            case SHA256 -> Optional.of(encode(HashFunction.SHA_256.digest(first), arguments.get(1)));
            case HASH -> Optional.of(encode(function(first, "hash").digest(arguments.get(1)), arguments.get(2)));
            case HMAC ->
                Optional.of(encode(function(first, "HMAC").hmac(arguments.get(1), arguments.get(2)), arguments.get(3)));
            case SIGN -> Optional.of(sign(first, arguments.get(1), arguments.get(2)));
            case FINGERPRINT -> Optional.of(fingerprint(first));
            case TAKE -> Optional.of(first.substring(0, Math.min(first.length(), Integer.parseInt(arguments.get(1)))));
            case PART -> part(first, arguments.get(1), Integer.parseInt(arguments.get(2)));
            case LAST -> Optional.of(first.substring(first.lastIndexOf('/') + 1));
            case HOST -> host(first);
            case LABEL -> host(first).map(host -> host.split("\\.", 2)[0]);
            case MATCH -> match(first, arguments.get(1));
            case UPPER -> Optional.of(first.toUpperCase(Locale.ROOT));
            case LOWER -> Optional.of(first.toLowerCase(Locale.ROOT));
            case REPLACE -> Optional.of(replace(first, arguments.get(1), arguments.get(2)));
        };
    }

    /** {@code now()} is ISO 8601 in UTC; {@code now('epoch')} seconds, {@code now('epoch_ms')} milliseconds; else a java.time pattern; the shift is an ISO duration. */
    private static String now(List<String> arguments) {
        ZonedDateTime time = ZonedDateTime.now(ZoneOffset.UTC);
        if (arguments.size() > 1) {
            time = time.plus(Duration.parse(arguments.get(1)));
        }
        if (arguments.isEmpty()) {
            return time.toInstant().toString();
        }
        return switch (arguments.get(0)) {
            case "epoch" -> Long.toString(time.toEpochSecond());
            case "epoch_ms" -> Long.toString(time.toInstant().toEpochMilli());
            default -> time.format(DateTimeFormatter.ofPattern(arguments.get(0), Locale.ROOT));
        };
    }

    private static String encode(byte[] bytes, String encoding) {
        return switch (encoding) {
            case "hex" -> HexFormat.of().formatHex(bytes);
            case "base64" -> Base64.getEncoder().encodeToString(bytes);
            case "base64url" -> Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
            default -> throw new IllegalArgumentException("'" + encoding + "' is no encoding; write 'hex' or 'base64'");
        };
    }

    private static HashFunction function(String name, String whatItIsNot) {
        return HashFunction.named(name)
                .orElseThrow(() -> new IllegalArgumentException(
                        "'" + name + "' is no " + whatItIsNot + "; write 'sha1' or 'sha256'"));
    }

    private static String sign(String algorithm, String key, String text) {
        String name = switch (algorithm) {
            case "ed25519" -> "Ed25519";
            case "rs256" -> "SHA256withRSA";
            case "es256" -> "SHA256withECDSA";
            default ->
                throw new IllegalArgumentException("'" + algorithm + "' is no signature; write 'ed25519' or 'rs256'");
        };
        try {
            return Base64.getEncoder().encodeToString(PrivateKeys.sign(key, Signature.getInstance(name), bytes(text)));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("the private key is not one for " + algorithm, e);
        }
    }

    /** Of the public key that belongs to a private one, as Snowflake requires it in a token's issuer. */
    private static String fingerprint(String key) {
        byte[] publicKey = HeavyWork.signing()
                .run(() -> PrivateKeys.publicKey(PrivateKeys.parse(key)))
                .getEncoded();
        return "SHA256:" + Base64.getEncoder().encodeToString(HashFunction.SHA_256.digest(publicKey));
    }

    private static Optional<String> part(String text, String separator, int index) {
        String[] parts = text.split(java.util.regex.Pattern.quote(separator), -1);
        return index < parts.length ? Optional.of(parts[index]) : Optional.empty();
    }

    private static Optional<String> host(String url) {
        try {
            return Optional.ofNullable(URI.create(url).getHost());
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** The first group of the first match, in linear time (RE2). */
    private static Optional<String> match(String text, String pattern) {
        Matcher matcher = Patterns.compile(pattern, 0).matcher(text);
        return matcher.find()
                ? Optional.ofNullable(matcher.groupCount() > 0 ? matcher.group(1) : matcher.group())
                : Optional.empty();
    }

    private static String replace(String text, String part, String by) {
        if (part.isEmpty()) {
            throw new IllegalArgumentException("replace() needs a text to look for");
        }
        long found = 0;
        for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
            found++;
        }
        if (text.length() + found * by.length() > LONGEST) {
            throw new IllegalArgumentException("a value would be longer than " + LONGEST + " characters");
        }
        return text.replace(part, by);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
