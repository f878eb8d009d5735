package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Text;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How the vendor's API is called with a credential.
 *
 * @param further where the credential may be sent in addition to the base's own host
 */
public record Api(
        Optional<Text> base,
        Map<String, Text> headers,
        Map<String, Text> query,
        Map<String, Text> body,
        Sign sign,
        Signing signing,
        Refusals refusals,
        Optional<Page> page,
        boolean mutualTls,
        Further further) {
    /**
     * @param hosts names, or {@code *.example.com}
     * @param ports that serve the vendor's API, in addition to 80 and 443
     */
    public record Further(List<String> hosts, Set<Integer> ports) {}

    /**
     * When the vendor refuses a call, and how that is known.
     *
     * @param rate its documented limit
     * @param errors responses that mean what 429 or 401 means, with another status
     */
    public record Refusals(Retry retry, Optional<Rate> rate, List<Error> errors) {}

    /** A response whose body or header, and not its status, says what it means. */
    public record Error(ErrorSign sign, Meaning meaning) {
        public enum Meaning {
            /** As 429: nothing was done, a later call may succeed. */
            LIMITED,
            /** As 401: the credential is not valid any more. */
            UNAUTHORIZED
        }
    }

    public enum Sign {
        NONE,
        OAUTH1,
        SIGV4,
        DUO,
        HTTP_SIGNATURE,
        WSSE
    }

    /**
     * When a failed call is retried.
     *
     * @param on statuses as numbers or classes ({@code 429}, {@code 5xx})
     * @param after headers that contain seconds to wait, or a date
     * @param at headers that contain the time to wait for: epoch seconds or milliseconds, or a date
     * @param remaining a header that contains the number of calls left until then
     * @param body where the response's JSON gives the wait, if no header does
     */
    public record Retry(
            List<String> on, List<String> after, List<String> at, Optional<String> remaining, Optional<BodyHint> body) {
        public static final Retry NONE = new Retry(List.of(), List.of(), List.of(), Optional.empty(), Optional.empty());
    }

    /** @param at whether the value is a time to wait for, not seconds to wait */
    public record BodyHint(JsonPath path, boolean at) {}

    /**
     * A vendor's own limit.
     *
     * @param requests in each period
     * @param of what shares it: one connection, or all connections of an integration
     */
    public record Rate(int requests, Duration per, Shared of) {
        public enum Shared {
            CONNECTION,
            INTEGRATION
        }
    }

    /**
     * What a signature is made with.
     *
     * @param keyId, key where the credential itself does not say (a user name and password, a role's keys)
     * @param algorithm of {@link Sign#HTTP_SIGNATURE}: {@code rsa-pss-sha512}, {@code rsa-v1_5-sha256}, {@code ecdsa-p256-sha256},
     *     {@code ed25519} or {@code hmac-sha256} (RFC 9421 section 3.3)
     * @param over components that it covers (RFC 9421 section 2)
     * @param label of the signature in its two headers
     */
    public record Signing(Optional<Text> keyId, Optional<Text> key, String algorithm, List<String> over, String label) {
        public static final Signing STANDARD = new Signing(
                Optional.empty(), Optional.empty(), "rsa-v1_5-sha256", List.of("@method", "@target-uri"), "sig1");
    }

    /** @param style how the next page is found */
    public record Page(Style style, Optional<String> limit, Optional<JsonPath> items) {
        public sealed interface Style {
            /** What leads to the next page, inside a sentence. */
            String words();

            record Cursor(JsonPath from, String to) implements Style {
                @Override
                public String words() {
                    return "`" + from.text() + "` goes into `" + to + "`";
                }
            }

            record Link(Optional<JsonPath> from, Optional<String> rel) implements Style {
                @Override
                public String words() {
                    return from.map(path -> "the address at `" + path.text() + "`")
                            .orElseGet(() -> "the Link header's `" + rel.orElse("next") + "`");
                }
            }

            /** @param first of the first page: 0 or 1 */
            record Offset(String to, Counts counts, int first) implements Style {
                @Override
                public String words() {
                    return switch (counts) {
                        case ITEMS -> "`" + to + "` counts items, from " + first;
                        case PAGES -> "`" + to + "` counts pages, from " + first;
                    };
                }

                /** The parameter's value for the page after those that were read. */
                public String after(int pages, int items) {
                    return switch (counts) {
                        case ITEMS -> Integer.toString(first + items);
                        case PAGES -> Integer.toString(first + pages);
                    };
                }
            }

            /** What the parameter of an offset counts. */
            enum Counts {
                ITEMS,
                PAGES
            }
        }
    }
}
