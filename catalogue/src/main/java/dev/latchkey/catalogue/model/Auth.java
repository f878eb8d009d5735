package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.catalogue.datastore.DatastoreDriver;
import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Pick;
import dev.latchkey.catalogue.template.Text;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How a credential is obtained, kept and refreshed: one variant for each kind, and every switch covers all of them. */
public sealed interface Auth {
    /** Kinds that send users to the provider's own page, which sends a callback. */
    sealed interface ByBrowser extends Auth {}

    /** Kinds whose users enter what calls are proven with; the vendor has no endpoint that issues anything. */
    sealed interface Entered extends Auth {}

    /** What follows from the kind. */
    AuthFacts facts();

    /** The same, reading further fields from token responses. Kinds whose responses are not read are returned unchanged. */
    default Auth learning(Map<String, JsonPath> more) {
        return this;
    }

    /** The credential is the token of an authorization code grant. */
    record OAuth2Code(CodeGrant grant) implements Auth.ByBrowser {
        @Override
        public AuthFacts facts() {
            return new OAuth2CodeFacts(grant);
        }

        @Override
        public Auth learning(Map<String, JsonPath> more) {
            return new OAuth2Code(grant.learning(more));
        }
    }

    /** The credential is the token of a client of the user's own. */
    record OAuth2Client(ClientGrant grant) implements Auth {
        @Override
        public AuthFacts facts() {
            return new OAuth2ClientFacts(grant);
        }

        @Override
        public Auth learning(Map<String, JsonPath> more) {
            return new OAuth2Client(grant.learning(more));
        }
    }

    /** Three-legged OAuth 1.0a (RFC 5849). */
    record OAuth1(Call request, Authorize authorize, Call access, Signing signing, Map<String, JsonPath> learn)
            implements Auth.ByBrowser {
        @Override
        public AuthFacts facts() {
            return new OAuth1Facts(this);
        }

        @Override
        public OAuth1 learning(Map<String, JsonPath> more) {
            return new OAuth1(request, authorize, access, signing, LearnedFields.of(learn, more));
        }
    }

    /** Who has the key and secret of an OAuth 1.0a consumer (RFC 5849 section 1.1: the client credentials). */
    enum Consumer {
        /** The operator's own app, registered once. */
        INTEGRATION,
        /** The user: the vendor's software issues them with the token, for each installation. */
        CONNECTION
    }

    /** Tokens issued beforehand, every call signed. @param consumer whose key and secret sign it, beside the user's token */
    record OAuth1Static(Signing signing, Consumer consumer) implements Auth.Entered {
        @Override
        public AuthFacts facts() {
            return new OAuth1StaticFacts(signing, consumer);
        }
    }

    record ApiKey() implements Auth.Entered {
        @Override
        public AuthFacts facts() {
            return new ApiKeyFacts();
        }
    }

    record Basic(Text username, Text password) implements Auth.Entered {
        @Override
        public AuthFacts facts() {
            return new BasicFacts(new UserAndPassword(username, password));
        }
    }

    /** HTTP Digest (RFC 7616): each call answers the vendor's challenge. */
    record Digest() implements Auth.Entered {
        @Override
        public AuthFacts facts() {
            return new DigestFacts();
        }
    }

    record NoAuth() implements Auth.Entered {
        @Override
        public AuthFacts facts() {
            return new NoAuthFacts();
        }
    }

    /** The credential is a token that we sign ourselves: a JWT, or a WSSE user name token ({@code algorithm} WSSE). */
    record SignedToken(
            String algorithm,
            Text key,
            String keyEncoding,
            Map<String, Text> header,
            Map<String, Text> claims,
            Duration lifetime,
            Expiry expiry)
            implements Auth.Entered {
        public boolean isWsse() {
            return algorithm.equals("WSSE");
        }

        @Override
        public AuthFacts facts() {
            return new SignedTokenFacts(this);
        }
    }

    /**
     * Exchanges secrets for a token in one to n steps. {@code token} and {@code learn} read the last step's response, with every
     * step's picks merged into it.
     *
     * @param mode the kind's name in the API where it has one of its own
     */
    record Exchange(
            List<Step> steps,
            Optional<Assertion> assertion,
            Optional<Call> refresh,
            TokenShape token,
            Map<String, JsonPath> learn,
            Expiry expiry,
            Optional<String> mode)
            implements Auth {
        @Override
        public AuthFacts facts() {
            return new ExchangeFacts(this);
        }

        @Override
        public Exchange learning(Map<String, JsonPath> more) {
            return new Exchange(steps, assertion, refresh, token, LearnedFields.of(learn, more), expiry, mode);
        }
    }

    /**
     * An app's installation (GitHub App): a token bought with an app JWT.
     *
     * @param user adds a user's token
     * @param proof that the installation which the callback names is the user's
     */
    record AppInstallation(
            Text install,
            Assertion jwt,
            Call tokenCall,
            TokenShape token,
            Optional<CodeGrant> user,
            Optional<Proof> proof)
            implements Auth.ByBrowser {
        @Override
        public AuthFacts facts() {
            return new AppInstallationFacts(this);
        }

        /** How the callback's code is exchanged for the token that proves the installation: the user's own, kept or not. */
        public Optional<CodeGrant> prover() {
            return proof.flatMap(it -> it.user().or(() -> user));
        }
    }

    /**
     * A callback comes through the user's browser and may name any account; a call with the user's own token verifies that the account
     * is the user's.
     *
     * @param user how the callback's code is exchanged for that token, if the kind keeps none
     * @param finds the account in the call's response; absent: success is the proof
     */
    record Proof(Optional<CodeGrant> user, Call call, Optional<AfterConnect.Find> find) {
        List<Text> addresses() {
            List<Text> found = new ArrayList<>();
            user.map(CodeGrant::addresses).ifPresent(found::addAll);
            found.add(call.url());
            return found;
        }
    }

    /**
     * AWS role assumed with an external id; calls signed SigV4.
     *
     * @param sts where it is assumed: STS itself, called with the operator's own keys, or an endpoint of the operator that returns
     *     credentials
     * @param accessKeyId, secretAccessKey of the operator
     */
    record AwsRole(
            Text sts,
            Text roleArn,
            Text externalId,
            Text region,
            Text accessKeyId,
            Text secretAccessKey,
            Duration lifetime,
            Expiry expiry)
            implements Auth {
        /** The setting of an integration whose operator runs an endpoint of their own in place of AWS's. */
        public static final String STS_ENDPOINT = "stsEndpoint";

        @Override
        public AuthFacts facts() {
            return new AwsRoleFacts(this);
        }
    }

    /** MCP server: discovery (RFC 9728, 8414) and registration (RFC 7591). */
    record Mcp(Text server, Registration registration, Optional<CodeGrant> known) implements Auth.ByBrowser {
        @Override
        public AuthFacts facts() {
            return new McpFacts(this);
        }

        public enum Registration {
            METADATA_URL,
            DYNAMIC,
            STATIC,
            DISCOVER
        }
    }

    /** The redirect hands back a site id; calls use the app's own Basic credentials. @param callbackCheck proves the callback */
    record PluginInstall(Text install, List<String> callback, Optional<CallbackCheck> callbackCheck)
            implements Auth.ByBrowser {
        @Override
        public AuthFacts facts() {
            return new PluginInstallFacts(this);
        }
    }

    /** A database, reached at a {@link DatastoreAddress} by its driver. @param mechanisms how its users prove themselves */
    record Datastore(DatastoreDriver driver, List<String> mechanisms) implements Auth.Entered {
        @Override
        public AuthFacts facts() {
            return new DatastoreFacts(this);
        }
    }

    /**
     * @param pushed where we send the request's parameters first; the browser then carries a reference (RFC 9126)
     * @param fragment moved in front of the query, where the vendor's page is a single-page app
     */
    record Authorize(
            Text url,
            Optional<Text> pushed,
            Map<String, Text> params,
            Scopes scope,
            Map<String, String> groups,
            Map<String, String> names,
            Optional<String> fragment,
            boolean dropEmpty,
            String codeParam) {}

    /**
     * @param buffer how long before its expiry a token counts as expired
     * @param keepAlive a refresh token is used at least this often, since vendors revoke idle ones; zero: never
     * @param refreshTtl how long a refresh token works, if its response does not say
     * @param grace how long after its use an old refresh token still works, so that a lost response can be requested again
     */
    record Expiry(
            Duration buffer,
            Duration keepAlive,
            Optional<Duration> refreshTtl,
            Optional<Introspect> introspect,
            Optional<Duration> grace) {
        public static final Expiry STANDARD = new Expiry(
                Duration.ofMinutes(15), Duration.ofHours(24), Optional.empty(), Optional.empty(), Optional.empty());

        List<Text> addresses() {
            return introspect.map(one -> one.call().url()).stream().toList();
        }

        public Expiry withBuffer(Duration buffer) {
            return new Expiry(buffer, keepAlive, refreshTtl, introspect, grace);
        }
    }

    record Introspect(Call call, JsonPath active, JsonPath exp) {}

    /** The callback's query is itself signed. {@code over}: only {@code sorted_query} is known. */
    record CallbackCheck(String hmac, String encoding, Text key, String param, String over) {}

    /** How calls are signed (RFC 5849 section 3.4). @param realm of the signature */
    record Signing(Signature method, Optional<Text> realm) {}

    enum Signature {
        HMAC_SHA1,
        HMAC_SHA256,
        RSA_SHA1,
        PLAINTEXT
    }

    record Step(String id, Call call, Map<String, Pick> pick) {}

    /**
     * A signed assertion used in place of a secret: a JWT (RFC 7523), or a SAML 2.0 assertion (RFC 7522), whose claims are
     * {@code issuer}, {@code subject}, {@code audience}, {@code recipient} and {@code client_id}.
     */
    record Assertion(
            Type type,
            String algorithm,
            Text key,
            Duration lifetime,
            Map<String, Text> header,
            Map<String, Text> claims) {
        public enum Type {
            JWT,
            SAML
        }
    }
}
