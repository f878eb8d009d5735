package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.Text;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The vendor's webhooks: how they are challenged, verified, split, and matched to connections. Values of the request have paths:
 * {@code body.team.id}, {@code header.x-github-event}, {@code query.validationToken}.
 *
 * @param docs the vendor's page that says so
 * @param secret {@code app.webhookSecret}, {@code app.clientSecret} ... of the integration; {@code secret.x} or {@code config.x} of the
 *     connection that matches
 * @param split the list in the body whose items are events of their own; {@code body} where the body is that list; of several
 *     places the first that holds a list; empty: the body is one event
 * @param id the vendor's id of an event, or of a delivery that keeps it when it is sent again
 * @param match the value that identifies the connection: {@code config.x}, {@code metadata.x}, {@code connection} (its id), each with the
 *     paths of the request that may hold the value, the first that does counts; empty: it is not sent to a connection
 * @param approval completes a connection that waited for an owner to approve its installation
 */
public record Webhook(
        Optional<URI> docs,
        Optional<String> secret,
        List<Challenge> challenges,
        Verify verify,
        List<String> split,
        Optional<String> type,
        Optional<String> id,
        Map<String, List<String>> match,
        Optional<Approval> approval) {
    /**
     * The event of an installation that a connection waits for.
     *
     * @param equals values of the request that mark it
     * @param installation where its id is found
     * @param match which waiting connections it is for, as in {@link Webhook#match}; those that do not wait are left alone
     */
    public record Approval(Map<String, String> equals, String installation, Map<String, List<String>> match) {}

    /**
     * A request that expects a certain response and is not an event.
     *
     * @param equals request values that mark it; {@code has} one that must merely be present
     * @param signed whether it must pass verification first
     */
    public record Challenge(Map<String, String> equals, Optional<String> has, boolean signed, Reply reply) {}

    /** The response to a challenge. */
    public sealed interface Reply {
        /** Only status 200. */
        record Nothing() implements Reply {}

        /** As {@code text/plain}. */
        record Plain(Text text) implements Reply {}

        record Json(Map<String, Text> members) implements Reply {}
    }

    /** How a request is verified to come from the vendor. */
    public sealed interface Verify {
        /**
         * A signature over what {@code over} expands to.
         *
         * @param kind {@code hmac} with the secret; {@code hash} without a key of its own (the secret is part of {@code over})
         * @param algorithm {@code sha1}, {@code sha256}, {@code sha512}
         * @param encoding {@code hex} or {@code base64}
         * @param signature where it is found in the request
         * @param prefix removed from it
         * @param field the header is a list {@code a=x,b=y}: this one's values are signatures, any may be right; the others are
         *     {@code ${signature.a}}
         * @param freshness when the request was made; absent where the vendor does not say
         */
        record Signature(
                Kind kind,
                String algorithm,
                String encoding,
                String signature,
                Optional<String> prefix,
                Optional<String> field,
                Text over,
                Optional<Freshness> freshness,
                KeyForm keyForm)
                implements Verify {}

        /** A signature by the vendor's private key. @param key the vendor's public key in PEM */
        record PublicKey(String algorithm, String key, String encoding, String signature, Text over)
                implements Verify {}

        /** Standard Webhooks, which Svix' headers are too; the secret may begin with {@code whsec_}. */
        record Standard(Duration maxAge) implements Verify {}

        /** The secret itself is sent in the request. */
        record Equality(String value) implements Verify {}

        /** The vendor has no verification; stated on purpose. */
        record None() implements Verify {}

        enum Kind {
            HMAC,
            HASH
        }

        enum KeyForm {
            TEXT,
            BASE64
        }

        /** @param time its path @param unit {@code s}, {@code ms} or {@code iso} */
        record Freshness(Text time, String unit, Duration maxAge) {}
    }
}
