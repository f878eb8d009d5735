package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.Text;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

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
 * @param acknowledgement the response that tells the vendor that an event has arrived
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
        Acknowledgement acknowledgement) {
    /**
     * @param status 200, or 204 where the vendor insists on it
     * @param body for vendors who send an event again until they read a certain one
     */
    public record Acknowledgement(int status, Optional<Body> body) {
        public static final Acknowledgement EMPTY = new Acknowledgement(200, Optional.empty());
    }

    public record Body(String type, String text) {}

    /**
     * @param docs the vendor's page that says so
     * @param steps what is done at the vendor's, in words; {@link #ADDRESS} stands for the address
     * @param checked the pages that say how the vendor proves them, and when they were read; empty: not compared with a page yet
     */
    public record Setup(Optional<URI> docs, List<String> steps, Optional<Checked> checked) {
        public static final String ADDRESS = "{webhook}";
        public static final Setup NONE = new Setup(Optional.empty(), List.of(), Optional.empty());
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
        /** What it is made of. */
        Stream<Text> texts();

        /** Only status 200. */
        record Nothing() implements Reply {
            @Override
            public Stream<Text> texts() {
                return Stream.empty();
            }
        }

        /** As {@code text/plain}. */
        record Plain(Text text) implements Reply {
            @Override
            public Stream<Text> texts() {
                return Stream.of(text);
            }
        }

        record Json(Map<String, Text> members) implements Reply {
            @Override
            public Stream<Text> texts() {
                return members.values().stream();
            }
        }

        /** Status 200 and these headers. */
        record Headers(Map<String, Text> headers) implements Reply {
            @Override
            public Stream<Text> texts() {
                return headers.values().stream();
            }
        }
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
                implements Verify {
            @Override
            public boolean needsSecret() {
                return true;
            }

            @Override
            public String secretWords() {
                return "the secret that signs";
            }
        }

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

            @Override
            public boolean needsSecret() {
                return key instanceof KeySource.OfTheSecret || Verify.uses(over);
            }

            @Override
            public String secretWords() {
                return key.secretWords();
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

            @Override
            public boolean needsSecret() {
                return key.filter(source -> !(source instanceof KeySource.OfTheSecret))
                                .isEmpty()
                        || claims.values().stream().anyMatch(Verify::uses);
            }

            @Override
            public String secretWords() {
                return key.map(KeySource::secretWords).orElse("the secret that signs");
            }
        }

        /** Where the public key is found that verifies a vendor's signatures. */
        sealed interface KeySource {
            /** What the secret is then; where the key is the vendor's own, it is a value of ours that is signed along. */
            default String secretWords() {
                return "the value that is signed along";
            }

            /** Where it is read from, as a sentence with a blank before it; empty where it is not read. */
            default String origin() {
                return "";
            }

            /** In the definition, in PEM. */
            record Written(String text) implements KeySource {}

            /** Each app, or each webhook, has its own, which is set as the secret: PEM, the base64 of its DER, or the hex of an Ed25519 key. */
            record OfTheSecret() implements KeySource {
                @Override
                public String secretWords() {
                    return "the vendor's public key";
                }
            }

            /** A JWK Set (RFC 7517). @param id the place of the key's id in a request whose signature does not name it as a token does */
            record KeySet(URI address, Optional<String> id) implements KeySource {
                @Override
                public String origin() {
                    return " The keys are read from `" + address + "`.";
                }
            }

            /** In PEM, at a path that the request names. @param path its place */
            record Named(String host, String path) implements KeySource {
                @Override
                public String origin() {
                    return " The key is read from `" + host + "`, at the path in `" + path + "`.";
                }
            }

            /**
             * An X.509 certificate whose address the request names.
             *
             * @param address its place; followed only to one of the hosts, by https
             * @param subject the name that it must be for; {@code .vendor.example} is any name below
             */
            record Certificate(String address, List<String> hosts, String subject) implements KeySource {
                @Override
                public String origin() {
                    return " The certificate, in `" + address + "`, is read from " + Sentences.codes(hosts)
                            + ", must be valid for `" + subject + "`, and is trusted as those of TLS are.";
                }
            }
        }

        /** HTTP Basic (RFC 7617): the secret is the password, or user and password with a colon between them. */
        record HttpBasic() implements Verify {
            @Override
            public boolean needsSecret() {
                return true;
            }

            @Override
            public String secretWords() {
                return "the password, or `user:password`,";
            }
        }

        /** Standard Webhooks, which Svix' headers are too; the secret may begin with {@code whsec_}. */
        record Standard(Duration maxAge) implements Verify {
            @Override
            public boolean needsSecret() {
                return true;
            }

            @Override
            public String secretWords() {
                return "the secret that signs";
            }
        }

        /** The secret itself is sent in the request. */
        record Equality(String value) implements Verify {
            @Override
            public boolean needsSecret() {
                return true;
            }

            @Override
            public String secretWords() {
                return "the value that is sent along";
            }
        }

        /** The vendor has no verification; stated on purpose. */
        record None() implements Verify {
            @Override
            public boolean needsSecret() {
                return false;
            }

            @Override
            public String secretWords() {
                return "the secret";
            }
        }

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
        boolean needsSecret();

        /** What the secret is, in words. */
        String secretWords();

        private static boolean uses(Text text) {
            return text.alternatives().stream()
                    .flatMap(way -> way.references().stream())
                    .anyMatch(reference -> reference.root().equals("key"));
        }

        /** @param time its path @param unit {@code s}, {@code ms} or {@code iso} */
        record Freshness(Text time, String unit, Duration maxAge) {}
    }
}
