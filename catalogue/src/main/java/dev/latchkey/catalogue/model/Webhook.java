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
 * @param accepted the status of the response: 200, or 204 where the vendor insists on it
 * @param answer the body of the response, for vendors who send an event again until they read a certain one
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
        int accepted,
        Optional<Body> answer) {
    /** What a response says. */
    public record Body(String type, String text) {}

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

        /** A signature by the vendor's private key. */
        record PublicKey(
                Algorithm algorithm,
                KeySource key,
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
         * A JSON Web Token (RFC 7519); its {@code exp} and {@code nbf} count where it has them.
         *
         * @param token where it is found in the request, with or without {@code Bearer}; {@code body}: its claims are the event
         * @param algorithm the only one that is accepted (RFC 8725 section 3.1)
         * @param key of the vendor; empty: the secret signs
         * @param claims what it must say, each in one of several ways
         * @param maxAge since its {@code iat}, which it must then have
         */
        record Token(
                String token,
                Algorithm algorithm,
                Optional<KeySource> key,
                Map<String, Text> claims,
                Optional<Duration> maxAge)
                implements Verify {
            public enum Algorithm {
                HS256,
                RS256,
                ES256
            }

            public boolean isWholeBody() {
                return token.equals("body");
            }
        }

        /** Where the public key is found that verifies a vendor's signatures. */
        sealed interface KeySource {
            /** In the definition, in PEM. */
            record Written(String text) implements KeySource {}

            /** Each app, or each webhook, has its own, which is set as the secret: PEM, the base64 of its DER, or the hex of an Ed25519 key. */
            record OfTheSecret() implements KeySource {}

            /** A JWK Set (RFC 7517). @param id the place of the key's id in a request whose signature does not name it as a token does */
            record KeySet(URI address, Optional<String> id) implements KeySource {}

            /** In PEM, at a path that the request names. @param path its place */
            record Named(String host, String path) implements KeySource {}

            /**
             * An X.509 certificate whose address the request names.
             *
             * @param address its place; followed only to one of the hosts, by https
             * @param subject the name that it must be for; {@code .vendor.example} is any name below
             */
            record Certificate(String address, List<String> hosts, String subject) implements KeySource {}
        }

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

        /** How the key of an HMAC is made of the secret: its bytes, what it encodes, or its SHA-256. */
        enum KeyForm {
            TEXT,
            BASE64,
            HEX,
            SHA256
        }

        /** Whether the integration must have a secret. */
        default boolean needsSecret() {
            return switch (this) {
                case None it -> false;
                case PublicKey it -> it.key() instanceof KeySource.OfTheSecret || uses(it.over());
                case Signature it -> true;
                case Token it ->
                    it.key()
                                    .filter(key -> !(key instanceof KeySource.OfTheSecret))
                                    .isEmpty()
                            || it.claims().values().stream().anyMatch(Verify::uses);
                case HttpBasic it -> true;
                case Standard it -> true;
                case Equality it -> true;
            };
        }

        private static boolean uses(Text text) {
            return text.alternatives().stream()
                    .flatMap(way -> way.references().stream())
                    .anyMatch(reference -> reference.root().equals("key"));
        }

        /** @param time its path @param unit {@code s}, {@code ms} or {@code iso} */
        record Freshness(Text time, String unit, Duration maxAge) {}
    }
}
