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
 * @param setup where the vendor describes them, and how they are set up
 * @param secret {@code app.webhookSecret}, {@code app.clientSecret} ... of the integration; {@code secret.x} or {@code config.x} of the
 *     connection that matches
 * @param split the list in the body whose items are events of their own; {@code body} where the body is that list; of several
 *     places the first that holds a list; empty: the body is one event
 * @param id the vendor's id of an event, or of a delivery that keeps it when it is sent again
 * @param match the value that identifies the connection: {@code config.x}, {@code metadata.x}, {@code connection} (its id), each with the
 *     paths of the request that may hold the value, the first that does counts; empty: it is not sent to a connection
 * @param approval completes a connection that waited for an owner to approve its installation
 * @param accepted the status of a response without a body: 200, or 204 where the vendor insists on it
 */
public record Webhook(
        Setup setup,
        Optional<String> secret,
        List<Challenge> challenges,
        Verify verify,
        List<String> split,
        Optional<String> type,
        Optional<String> id,
        Map<String, List<String>> match,
        Optional<Approval> approval,
        int accepted) {
    /** @param docs the vendor's page that says so @param steps what is done at the vendor's, in words; {@link #ADDRESS} stands for the address */
    public record Setup(Optional<URI> docs, List<String> steps) {
        public static final String ADDRESS = "{webhook}";
        public static final Setup NONE = new Setup(Optional.empty(), List.of());
    }

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
     * @param nonce the value that the reply is made of, which must look like a random one: then the secret signs nothing that could be
     *     the body of an event, although the request itself is not signed
     */
    public record Challenge(
            Map<String, String> equals, Optional<String> has, boolean signed, Optional<String> nonce, Reply reply) {}

    /** The response to a challenge. */
    public sealed interface Reply {
        /** Only status 200. */
        record Nothing() implements Reply {}

        /** As {@code text/plain}. */
        record Plain(Text text) implements Reply {}

        record Json(Map<String, Text> members) implements Reply {}

        /** Status 200 and these headers. */
        record Headers(Map<String, Text> headers) implements Reply {}
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

        /**
         * A signature by the vendor's private key.
         *
         * @param key the vendor's public key in PEM; empty where each app has its own, which is then the integration's secret (PEM, the
         *     base64 of its DER, or the hex of an Ed25519 key)
         */
        record PublicKey(
                Algorithm algorithm,
                Optional<String> key,
                String encoding,
                String signature,
                Text over,
                Optional<Freshness> freshness)
                implements Verify {
            public enum Algorithm {
                RSA_SHA256,
                RSA_SHA512,
                ECDSA_SHA256,
                ED25519
            }
        }

        /**
         * A JSON Web Token (RFC 7519) signed by HMAC-SHA256 with the secret; its {@code exp} and {@code nbf} count where it has them.
         *
         * @param token where it is found in the request, with or without {@code Bearer}
         * @param claims what it must say, each in one of several ways
         */
        record Token(String token, Map<String, Text> claims) implements Verify {}

        /** HTTP Basic (RFC 7617): the secret is the password, or user and password with a colon between them. */
        record HttpBasic() implements Verify {}

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
            BASE64,
            HEX
        }

        /** Whether the integration must have a secret. */
        default boolean needsSecret() {
            return switch (this) {
                case None it -> false;
                case PublicKey it -> it.key().isEmpty();
                case Signature it -> true;
                case Token it -> true;
                case HttpBasic it -> true;
                case Standard it -> true;
                case Equality it -> true;
            };
        }

        /** @param time its path @param unit {@code s}, {@code ms} or {@code iso} */
        record Freshness(Text time, String unit, Duration maxAge) {}
    }
}
