package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.datastore.DatastoreDriver;
import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Text;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What follows from a definition's kind of authentication: one class for each kind, made by its variant of {@link Auth}. What has no
 * default differs from kind to kind, so that the compiler asks a new one for it; a default is the answer of a kind that has nothing of
 * the sort.
 */
public interface AuthFacts {
    /** The kind's name in the API ({@code auth_mode}), as Nango's clients know it. */
    String mode();

    /** The kind in words, inside a sentence. */
    String words();

    /** The kind on a badge. */
    String label();

    /** Whether a user is sent to the provider's own page, which sends a callback. */
    boolean opensPage();

    /** Whether a credential is made without a user, from what a connection or its integration holds. */
    boolean mints();

    /** Whether connecting takes a server: a browser, an app's secret or a renewal takes part. */
    boolean needsServer();

    /** Whether users enter a secret that nothing has tried yet: such a definition has a {@code verify} call or says that it has none. */
    boolean holdsStaticSecret();

    Renewal renewal();

    /** What must be done once before users can connect. */
    List<String> setupSteps();

    /** What a reader should know of how the credential is obtained and kept, as sentences. */
    List<String> notes();

    /** Every address that is called or opened to obtain, keep or check the credential. */
    default List<Text> addresses() {
        return List.of();
    }

    /** Settings of the integration that name a host by themselves, without a template. */
    default Set<String> hostSettings() {
        return Set.of();
    }

    /** The addresses that get the app's secret. @param onDelete the definition's call that revokes what is deleted */
    default List<Text> secretAddresses(Optional<Call> onDelete) {
        return List.of();
    }

    /** The addresses of the protocol by their names in the API. */
    default Map<String, Text> endpoints() {
        return Map.of();
    }

    /** Whether the grant is bound to its beginning (RFC 7636), where there is one that could be. */
    default Optional<Boolean> pkce() {
        return Optional.empty();
    }

    /** The call that obtains or renews the token: its host is the one that limits or fails. */
    default Optional<Call> tokenCall() {
        return Optional.empty();
    }

    /** The server whose authorization server is found by discovery (RFC 9728). */
    default Optional<Text> discovered() {
        return Optional.empty();
    }

    /** What each call carries as HTTP Basic (RFC 7617). */
    default Optional<UserAndPassword> basic() {
        return Optional.empty();
    }

    /** How each call is signed by OAuth 1.0a. */
    default Optional<Auth.Signing> signedBy() {
        return Optional.empty();
    }

    /** The database whose address and login are entered. */
    default Optional<DatastoreDriver> datastore() {
        return Optional.empty();
    }

    /** The field that is the whole credential. */
    default Optional<String> keyField() {
        return Optional.empty();
    }

    /** The key that a user enters, where it signs the token or what is exchanged for one. */
    default Optional<SigningKey> signingKey() {
        return Optional.empty();
    }

    /** What an app of the operator's proves itself with where users install it; it has an id, a public link and a private key. */
    default Optional<Auth.Assertion> installedApp() {
        return Optional.empty();
    }

    /** Whether an installation brings a token of the user who installs. */
    default boolean addsUser() {
        return false;
    }

    /** Whether it is called over HTTP. */
    default boolean speaksHttp() {
        return true;
    }

    /** What buys renewable tokens for a stored one without a refresh token. */
    default Optional<Call> exchangeStored() {
        return Optional.empty();
    }

    /** How the vendor's token response is read. */
    default TokenShape token() {
        return TokenShape.STANDARD;
    }

    default Auth.Expiry expiry() {
        return Auth.Expiry.STANDARD;
    }

    /** What the token response fills. */
    default Map<String, JsonPath> learned() {
        return Map.of();
    }

    /** Present where an integration chooses scopes. */
    default Optional<Scopes> scopes() {
        return Optional.empty();
    }

    /** The scopes that the documentation lists. */
    default Scopes documentedScopes() {
        return scopes().orElse(Scopes.NONE);
    }

    /** Whether users are sent to the vendor by an OAuth client that the operator registers there. */
    default boolean needsClient() {
        return false;
    }

    /** Whether the API shows an integration's credentials as an OAuth client, with its id, secret and scopes. */
    default boolean showsClient() {
        return false;
    }

    /** The authorization code grant whose token is the credential. */
    default Optional<CodeGrant> codeGrant() {
        return Optional.empty();
    }

    /** The same, where its code can also be entered on another device (RFC 8628). */
    default Optional<CodeGrant> deviceGrant() {
        return codeGrant().filter(grant -> grant.consent().device().isPresent());
    }

    /** Every authorization code grant that the definition has. */
    default Stream<CodeGrant> codes() {
        return Stream.empty();
    }

    /** Fields that Latchkey itself fills. */
    default Stream<String> generated() {
        return Stream.empty();
    }

    /** Fields that the kind uses without a template. */
    default List<String> usedFields() {
        return List.of();
    }

    /**
     * Whether the credential is our own app's, so that the callback, or what was typed, alone decides whose account it opens: nothing
     * but a proof keeps a user out of another's.
     */
    default boolean isOurs() {
        return false;
    }

    /** How the account that a callback names is proven. */
    default Optional<Auth.Proof> proof() {
        return Optional.empty();
    }

    /** Whether the vendor signs its callbacks. */
    default boolean hasSignedCallback() {
        return false;
    }

    /** The calls that redeem a user's code; those that our own credential suffices for prove nothing. */
    default Stream<Call> redeeming() {
        return Stream.empty();
    }

    /** The calls whose values decide whose account the credential opens. */
    default Stream<Call> deciding() {
        return Stream.empty();
    }

    /** Whether our client can be named by the address of its metadata (OAuth Client ID Metadata Document). */
    default boolean hasClientMetadata() {
        return false;
    }

    /** What is wrong with the definition as far as its kind alone can say. */
    default List<String> problems() {
        return List.of();
    }

    /** Why connections that were made by {@code before}, of the same kind, could not be renewed or used any more. */
    default List<String> breaks(Auth before) {
        return List.of();
    }

    /** When a credential is renewed without its user. */
    enum Renewal {
        NEVER,
        /** Only when forced. */
        FORCED,
        /** Where a refresh token was issued. */
        WITH_REFRESH_TOKEN,
        /** By the first request again, whatever is held. */
        ALWAYS,
        /** By making it again, once it has been made. */
        MADE_AGAIN
    }
}
