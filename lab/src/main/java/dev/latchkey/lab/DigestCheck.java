package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Provider;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An API that is protected by HTTP Digest: written from RFC 7616, apart from the code that answers challenges. It offers MD5 and
 * SHA-256 and takes either; a nonce lives five minutes, and each of its counts is good for one request.
 */
final class DigestCheck implements Playing {
    private static final Duration LIFE_OF_A_NONCE = Duration.ofMinutes(5);
    private static final Pattern PARAMETER =
            Pattern.compile("(\\w+)=(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^\",\\s]+))(?:,\\s*|$)");
    private static final int MOST_NONCES = 10_000;

    private final Provider provider;
    private final LabAccount account;
    private final InstantSource clock;
    private final Map<String, Set<String>> counts = new ConcurrentHashMap<>();

    DigestCheck(Provider provider, LabAccount account, InstantSource clock) {
        this.provider = provider;
        this.account = account;
        this.clock = clock;
    }

    /** The value of WWW-Authenticate. */
    @Override
    public String challenge(LabRequest request) {
        String stale = request.header("authorization")
                        .map(DigestCheck::parameters)
                        .filter(sent -> made(sent.getOrDefault("nonce", "")).isPresent())
                        .filter(sent -> !isFresh(sent.getOrDefault("nonce", "")))
                        .isPresent()
                ? ", stale=true"
                : "";
        String nonce = nonce(clock.instant());
        return one("MD5", nonce, stale) + ", " + one("SHA-256", nonce, stale);
    }

    private String one(String algorithm, String nonce, String stale) {
        return "Digest realm=\"%s\", qop=\"auth, auth-int\", algorithm=%s, nonce=\"%s\", opaque=\"%s\"%s"
                .formatted(realm(), algorithm, nonce, opaque(), stale);
    }

    @Override
    public Optional<Caller> caller(LabRequest request, Map<String, String> captured) {
        return Caller.first(isAccountHolder(request));
    }

    /** Section 3.4.1 with qop=auth. */
    private boolean isAccountHolder(LabRequest request) {
        Map<String, String> sent = request.header("authorization")
                .filter(header -> header.startsWith("Digest "))
                .map(DigestCheck::parameters)
                .orElse(Map.of());
        String algorithm = sent.getOrDefault("algorithm", "MD5");
        String nonce = sent.getOrDefault("nonce", "");
        String count = sent.getOrDefault("nc", "");
        String username = account.value("username");
        boolean whole = Set.of("MD5", "SHA-256").contains(algorithm)
                && "auth".equals(sent.get("qop"))
                && !sent.getOrDefault("cnonce", "").isEmpty()
                && count.matches("[0-9a-f]{8}")
                && username.equals(sent.get("username"))
                && realm().equals(sent.get("realm"))
                && opaque().equals(sent.get("opaque"))
                && target(request).equals(sent.get("uri"))
                && isFresh(nonce);
        if (!whole) {
            return false;
        }
        String expected = hex(
                algorithm,
                String.join(
                        ":",
                        hex(algorithm, username + ":" + realm() + ":" + account.value("password")),
                        nonce,
                        count,
                        sent.getOrDefault("cnonce", ""),
                        "auth",
                        hex(algorithm, request.method() + ":" + target(request))));
        return ClientCheck.same(expected, sent.getOrDefault("response", "")) && isFirst(nonce, count);
    }

    private boolean isFirst(String nonce, String count) {
        if (counts.size() > MOST_NONCES) {
            counts.clear();
        }
        return counts.computeIfAbsent(nonce, any -> ConcurrentHashMap.newKeySet())
                .add(count);
    }

    private static Map<String, String> parameters(String header) {
        Map<String, String> found = new HashMap<>();
        Matcher matcher = PARAMETER.matcher(header.replaceFirst("^Digest ", ""));
        while (matcher.find()) {
            String quoted = matcher.group(2);
            found.put(matcher.group(1), quoted == null ? matcher.group(3) : quoted.replaceAll("\\\\(.)", "$1"));
        }
        return found;
    }

    private String realm() {
        return provider.name() + " lab";
    }

    private String opaque() {
        return HexFormat.of().formatHex(LabApp.digest("opaque", provider.id())).substring(0, 32);
    }

    private static String target(LabRequest request) {
        String path = request.location().substring(request.host().length());
        String query = request.rawQuery();
        return query.isEmpty() ? path : path + "?" + query;
    }

    /** When it was made, and a proof that it was made here. */
    private String nonce(Instant at) {
        String seconds = Long.toHexString(at.getEpochSecond());
        return seconds + "-"
                + HexFormat.of()
                        .formatHex(LabApp.digest("nonce " + seconds, provider.id()))
                        .substring(0, 32);
    }

    private Optional<Instant> made(String nonce) {
        if (!nonce.matches("[0-9a-f]{1,10}-[0-9a-f]{32}")) {
            return Optional.empty();
        }
        Instant at = Instant.ofEpochSecond(Long.parseLong(nonce.substring(0, nonce.indexOf('-')), 16));
        return nonce(at).equals(nonce) ? Optional.of(at) : Optional.empty();
    }

    private boolean isFresh(String nonce) {
        return made(nonce)
                .filter(at -> at.plus(LIFE_OF_A_NONCE).isAfter(clock.instant()))
                .isPresent();
    }

    private static String hex(String algorithm, String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance(algorithm).digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JDK has " + algorithm, e);
        }
    }
}
