package dev.latchkey.server.webhooks.inbound;

import dev.latchkey.catalogue.model.Webhook;
import dev.latchkey.catalogue.model.Webhook.Verify;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Those headers of a vendor's request that are passed on to the product's backend, where handlers switch on them. */
final class VendorHeaders {
    private static final int MOST = 64;
    private static final int LONGEST = 4_096;
    private static final int LONGEST_OF_ALL = 16_384;

    /** Of the hop, of the body that is replaced, or what only this server may see. */
    private static final Set<String> KEPT_BACK = Set.of(
            "accept",
            "accept-encoding",
            "accept-language",
            "authorization",
            "connection",
            "content-encoding",
            "content-length",
            "content-type",
            "cookie",
            "expect",
            "forwarded",
            "host",
            "keep-alive",
            "referer",
            "server",
            "set-cookie",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "user-agent",
            "via",
            "www-authenticate",
            "x-real-ip",
            // The secret of a vendor that signs nothing.
            "x-webhook-secret",
            // Ours have these names.
            "webhook-id",
            "webhook-signature",
            "webhook-timestamp");

    private static final List<String> KEPT_BACK_PREFIXES =
            List.of("proxy-", "sec-", "x-forwarded-", "x-latchkey-", "x-nango-");

    private VendorHeaders() {}

    /** By name in lower case. Where they are too many or too long, the first ones in the order of their names. */
    static Map<String, String> of(Webhook webhook, IncomingRequest request) {
        Map<String, String> kept = new TreeMap<>();
        int length = 0;
        for (Map.Entry<String, String> header : new TreeMap<>(request.headers()).entrySet()) {
            String name = header.getKey();
            String value = header.getValue();
            int own = name.length() + value.length();
            if (kept.size() < MOST
                    && value.length() <= LONGEST
                    && length + own <= LONGEST_OF_ALL
                    && isForwarded(webhook, name)
                    && isWritable(name, value)) {
                kept.put(name, value);
                length += own;
            }
        }
        return kept;
    }

    private static boolean isForwarded(Webhook webhook, String name) {
        return !KEPT_BACK.contains(name)
                && KEPT_BACK_PREFIXES.stream().noneMatch(name::startsWith)
                && secret(webhook).filter(name::equals).isEmpty();
    }

    /** The header that is the secret itself, and no signature by it. */
    private static Optional<String> secret(Webhook webhook) {
        return webhook.verify() instanceof Verify.Equality equality
                        && equality.value().startsWith("header.")
                ? Optional.of(equality.value().substring("header.".length()).toLowerCase(Locale.ROOT))
                : Optional.empty();
    }

    /** RFC 9110 section 5: a token, and visible characters or blanks between them. */
    private static boolean isWritable(String name, String value) {
        return name.matches("[!#$%&'*+.^_`|~0-9a-z-]+") && value.matches("[\\x20-\\x7e\\t]*");
    }
}
