package dev.latchkey.server.signing;

import dev.latchkey.server.secrets.Secret;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** HTTP Digest access authentication (RFC 7616), with {@code qop=auth} or, for servers older than RFC 2617, without one. */
public final class HttpDigest {
    private HttpDigest() {}

    /** What a challenge names; the first is preferred (section 3.3). */
    public enum Algorithm {
        SHA_256("SHA-256"),
        MD5("MD5");

        private final String word;

        Algorithm(String word) {
            this.word = word;
        }

        private String hash(String text) {
            try {
                return HexFormat.of()
                        .formatHex(MessageDigest.getInstance(word).digest(text.getBytes(StandardCharsets.UTF_8)));
            } catch (GeneralSecurityException e) {
                throw new AssertionError("every JDK has " + word, e);
            }
        }
    }

    /**
     * One challenge of a server's (section 3.3).
     *
     * @param session whether the hash of the password is bound to the nonces ({@code -sess})
     * @param qop whether {@code qop=auth} is offered
     * @param userHash whether the user name is sent hashed (section 3.4.4)
     */
    public record Challenge(
            String realm,
            String nonce,
            Optional<String> opaque,
            Algorithm algorithm,
            boolean session,
            boolean qop,
            boolean userHash) {}

    /** The best of the challenges in {@code WWW-Authenticate}; empty where none can be answered. @param header its lines, joined by commas */
    public static Optional<Challenge> best(String header) {
        return challenges(header).stream().min(Comparator.comparing(Challenge::algorithm));
    }

    private static List<Challenge> challenges(String header) {
        List<Challenge> found = new ArrayList<>();
        String scheme = "";
        Map<String, String> parameters = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String part : parts(header)) {
            String rest = part;
            if (beginsChallenge(part)) {
                challenge(scheme, parameters).ifPresent(found::add);
                parameters.clear();
                int space = part.indexOf(' ');
                scheme = space < 0 ? part : part.substring(0, space);
                rest = space < 0 ? "" : part.substring(space).strip();
            }
            int equals = rest.indexOf('=');
            if (equals > 0) {
                parameters.putIfAbsent(
                        rest.substring(0, equals).strip(),
                        unquoted(rest.substring(equals + 1).strip()));
            }
        }
        challenge(scheme, parameters).ifPresent(found::add);
        return found;
    }

    /** A scheme has no equals sign behind it: {@code Digest realm=...}, but {@code realm = ...}. */
    private static boolean beginsChallenge(String part) {
        int equals = part.indexOf('=');
        return equals < 0 || part.substring(0, equals).strip().indexOf(' ') > 0;
    }

    /** At the commas that stand in no quotes. */
    private static List<String> parts(String header) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        boolean quoted = false;
        for (int at = 0; at < header.length(); at++) {
            char c = header.charAt(at);
            if (quoted && c == '\\' && at + 1 < header.length()) {
                part.append(c).append(header.charAt(++at));
                continue;
            }
            quoted ^= c == '"';
            if (c == ',' && !quoted) {
                parts.add(part.toString().strip());
                part.setLength(0);
            } else {
                part.append(c);
            }
        }
        parts.add(part.toString().strip());
        parts.removeIf(String::isEmpty);
        return parts;
    }

    private static String unquoted(String value) {
        return value.length() > 1 && value.startsWith("\"") && value.endsWith("\"")
                ? value.substring(1, value.length() - 1).replaceAll("\\\\(.)", "$1")
                : value;
    }

    private static Optional<Challenge> challenge(String scheme, Map<String, String> parameters) {
        if (!scheme.equalsIgnoreCase("Digest") || !parameters.containsKey("nonce")) {
            return Optional.empty();
        }
        String named = parameters.getOrDefault("algorithm", Algorithm.MD5.word).toUpperCase(Locale.ROOT);
        boolean session = named.endsWith("-SESS");
        String word = session ? named.substring(0, named.length() - "-SESS".length()) : named;
        Optional<String> qop = Optional.ofNullable(parameters.get("qop"));
        boolean auth = qop.filter(
                        offered -> List.of(offered.toLowerCase(Locale.ROOT).split("[\\s,]+", -1))
                                .contains("auth"))
                .isPresent();
        if (qop.isPresent() && !auth) {
            // Only auth-int, which covers the body: it is sent as it comes, and not held for that.
            return Optional.empty();
        }
        return Arrays.stream(Algorithm.values())
                .filter(algorithm -> algorithm.word.equals(word))
                .findFirst()
                .map(algorithm -> new Challenge(
                        parameters.getOrDefault("realm", ""),
                        parameters.get("nonce"),
                        Optional.ofNullable(parameters.get("opaque")),
                        algorithm,
                        session,
                        auth,
                        parameters.getOrDefault("userhash", "").equalsIgnoreCase("true")));
    }

    /**
     * The value of {@code Authorization} (section 3.4).
     *
     * @param target the request's path and query, as they go out
     * @param clientNonce different for each request
     * @param count of the requests that used this nonce, with this one
     */
    public static String authorization(
            Challenge challenge,
            String username,
            Secret password,
            String method,
            String target,
            String clientNonce,
            int count) {
        Algorithm algorithm = challenge.algorithm();
        String secret = algorithm.hash(username + ":" + challenge.realm() + ":" + password.reveal());
        if (challenge.session()) {
            secret = algorithm.hash(secret + ":" + challenge.nonce() + ":" + clientNonce);
        }
        String uses = String.format(Locale.ROOT, "%08x", count);
        String request = algorithm.hash(method + ":" + target);
        String response = challenge.qop()
                ? algorithm.hash(secret + ":" + challenge.nonce() + ":" + uses + ":" + clientNonce + ":auth:" + request)
                : algorithm.hash(secret + ":" + challenge.nonce() + ":" + request);
        String name = challenge.userHash() ? algorithm.hash(username + ":" + challenge.realm()) : username;
        List<String> parts = new ArrayList<>();
        parts.add("username=" + quoted(name));
        parts.add("realm=" + quoted(challenge.realm()));
        parts.add("nonce=" + quoted(challenge.nonce()));
        parts.add("uri=" + quoted(target));
        parts.add("algorithm=" + algorithm.word + (challenge.session() ? "-sess" : ""));
        parts.add("response=\"" + response + "\"");
        challenge.opaque().ifPresent(opaque -> parts.add("opaque=" + quoted(opaque)));
        if (challenge.qop()) {
            parts.add("qop=auth");
            parts.add("nc=" + uses);
        }
        if (challenge.qop() || challenge.session()) {
            parts.add("cnonce=" + quoted(clientNonce));
        }
        if (challenge.userHash()) {
            parts.add("userhash=true");
        }
        return "Digest " + String.join(", ", parts);
    }

    private static String quoted(String value) {
        return "\"" + value.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
