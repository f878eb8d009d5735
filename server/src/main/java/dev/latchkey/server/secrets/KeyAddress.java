package dev.latchkey.server.secrets;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The address of a key in a key management service: the service, a colon, and the name that the service itself gives the key. Holds no secret. */
public sealed interface KeyAddress {
    /** The rule, as the end of a sentence about the address. */
    String RULE = "must be aws:ARN, google:projects/…/cryptoKeys/NAME, azure:https://VAULT.vault.azure.net/keys/NAME,"
            + " vault:https://HOST/v1/transit/keys/NAME or pkcs11:/path/to/library.so?key=LABEL (docs/keys.md)";

    /** The service and the key's name, without how the service is reached: what a stored master key is found by. */
    String name();

    /** For messages. */
    String service();

    /** @param key its ARN, or an alias' */
    record Aws(String key, String region, URI endpoint) implements KeyAddress {
        private static final Pattern ARN =
                Pattern.compile("arn:(aws[a-z-]*):kms:([a-z0-9-]{1,32}):\\d{12}:(?:key|alias)/[A-Za-z0-9/_-]{1,256}");

        @Override
        public String name() {
            return "aws:" + key;
        }

        @Override
        public String service() {
            return "AWS KMS";
        }
    }

    /** @param key its resource name */
    record Google(String key, URI endpoint) implements KeyAddress {
        private static final Pattern NAME = Pattern.compile(
                "projects/[a-z0-9.:-]{1,64}/locations/[a-z0-9-]{1,64}/keyRings/[A-Za-z0-9_-]{1,63}/cryptoKeys/[A-Za-z0-9_-]{1,63}");

        @Override
        public String name() {
            return "google:" + key;
        }

        @Override
        public String service() {
            return "Google Cloud KMS";
        }
    }

    /**
     * @param key without a version
     * @param authority that issues access tokens, without a tenant
     * @param resource that they are for
     */
    record Azure(URI key, URI authority, String resource) implements KeyAddress {
        private static final Pattern PATH = Pattern.compile("/keys/[A-Za-z0-9-]{1,127}");

        @Override
        public String name() {
            return "azure:" + key;
        }

        @Override
        public String service() {
            return "Azure Key Vault";
        }
    }

    /** @param mount of the transit secrets engine @param namespace of Vault Enterprise or OpenBao */
    record Transit(URI server, String mount, String key, Optional<String> namespace) implements KeyAddress {
        private static final Pattern PATH =
                Pattern.compile("(?:/v1)?/([A-Za-z0-9/_-]{1,128})/keys/([A-Za-z0-9_.-]{1,128})");

        @Override
        public String name() {
            return "vault:" + server + "/v1/" + mount + "/keys/" + key;
        }

        @Override
        public String service() {
            return "Vault";
        }
    }

    /** @param module the token's library @param slot its slot; absent: the library's first one @param label CKA_LABEL of the key */
    record Token(Path module, Optional<Long> slot, String label) implements KeyAddress {
        @Override
        public String name() {
            return "pkcs11:" + module + "?key=" + label;
        }

        @Override
        public String service() {
            return "The PKCS #11 token";
        }
    }

    /** Empty where the text is no such address. */
    static Optional<KeyAddress> read(String text) {
        int colon = text.indexOf(':');
        if (colon < 0) {
            return Optional.empty();
        }
        int question = text.indexOf('?');
        String name = text.substring(colon + 1, question < 0 ? text.length() : Math.max(question, colon + 1));
        try {
            Map<String, String> options = question < 0 ? Map.of() : options(text.substring(question + 1));
            return switch (text.substring(0, colon)) {
                case "aws" -> aws(name, options);
                case "google" -> google(name, options);
                case "azure" -> azure(name, options);
                case "vault" -> transit(name, options);
                case "pkcs11" -> token(name, options);
                default -> Optional.empty();
            };
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Optional<KeyAddress> aws(String arn, Map<String, String> options) {
        Matcher matcher = Aws.ARN.matcher(arn);
        if (!matcher.matches() || !Set.of("endpoint").containsAll(options.keySet())) {
            return Optional.empty();
        }
        String region = matcher.group(2);
        String domain = matcher.group(1).equals("aws-cn") ? "amazonaws.com.cn" : "amazonaws.com";
        return Optional.of(
                new Aws(arn, region, server(options.getOrDefault("endpoint", "https://kms." + region + "." + domain))));
    }

    private static Optional<KeyAddress> google(String key, Map<String, String> options) {
        if (!Google.NAME.matcher(key).matches() || !Set.of("endpoint").containsAll(options.keySet())) {
            return Optional.empty();
        }
        return Optional.of(
                new Google(key, server(options.getOrDefault("endpoint", "https://cloudkms.googleapis.com"))));
    }

    private static Optional<KeyAddress> azure(String url, Map<String, String> options) {
        URI key = URI.create(url);
        if (key.getRawPath() == null
                || !Azure.PATH.matcher(key.getRawPath()).matches()
                || !Set.of("authority", "resource").containsAll(options.keySet())) {
            return Optional.empty();
        }
        String host = server(url).getHost();
        return Optional.of(new Azure(
                // As the vault itself writes it.
                URI.create(server(url).toString().toLowerCase(Locale.ROOT) + key.getRawPath()),
                server(options.getOrDefault("authority", "https://login.microsoftonline.com")),
                // https://NAME.vault.azure.net takes tokens for https://vault.azure.net; clouds of other countries
                // likewise.
                options.getOrDefault("resource", "https://" + host.substring(host.indexOf('.') + 1))));
    }

    private static Optional<KeyAddress> transit(String url, Map<String, String> options) {
        Matcher path = Transit.PATH.matcher(String.valueOf(URI.create(url).getRawPath()));
        if (!path.matches() || !Set.of("namespace").containsAll(options.keySet())) {
            return Optional.empty();
        }
        return Optional.of(
                new Transit(server(url), path.group(1), path.group(2), Optional.ofNullable(options.get("namespace"))));
    }

    private static Optional<KeyAddress> token(String module, Map<String, String> options) {
        // RFC 7512 has pin-value, too: a PIN in an address would be shown.
        if (!module.startsWith("/")
                || module.contains("\n")
                || !options.containsKey("key")
                || !Set.of("key", "slot").containsAll(options.keySet())) {
            return Optional.empty();
        }
        return Optional.of(new Token(
                Path.of(module),
                Optional.ofNullable(options.get("slot")).map(Long::parseUnsignedLong),
                options.getOrDefault("key", "")));
    }

    /** Scheme, host and port. Plain HTTP to this machine only: an agent, or a test. */
    private static URI server(String url) {
        URI whole = URI.create(url);
        String host = whole.getHost();
        if (host == null || whole.getRawUserInfo() != null) {
            throw new IllegalArgumentException("no host");
        }
        boolean local = host.equals("localhost") || host.equals("[::1]") || host.matches("127(\\.\\d{1,3}){3}");
        String scheme = String.valueOf(whole.getScheme()).toLowerCase(Locale.ROOT);
        if (!scheme.equals("https") && !(scheme.equals("http") && local)) {
            throw new IllegalArgumentException("not https");
        }
        return URI.create(scheme + "://" + host + (whole.getPort() < 0 ? "" : ":" + whole.getPort()));
    }

    private static Map<String, String> options(String query) {
        Map<String, String> options = new TreeMap<>();
        for (String option : query.split("&")) {
            int sign = option.indexOf('=');
            if (sign < 1) {
                throw new IllegalArgumentException("no option");
            }
            options.put(
                    option.substring(0, sign), URLDecoder.decode(option.substring(sign + 1), StandardCharsets.UTF_8));
        }
        return options;
    }
}
