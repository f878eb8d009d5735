package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.Text;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Who stands behind what a callback says. It comes by the user's browser, which may put any account into it; so a value is believed
 * when the vendor itself has confirmed it, in one way or another.
 */
public final class Provenance {
    private Provenance() {}

    /** How the vendor confirms a value of a callback. */
    public enum Basis {
        /** The vendor has signed the whole callback. */
        SIGNED,
        /** The definition's {@code proof} asks the vendor with the user's token. */
        PROVEN,
        /** It takes part in the request that redeems the user's code: the vendor refuses one that does not fit. */
        EXCHANGED,
        /** One of a few that the definition lists: it names nobody. */
        LISTED,
        /** In no way. */
        NONE
    }

    /** @param field with {@code from: callback.NAME} */
    public static Basis of(Provider provider, Field field) {
        if (isSigned(provider.auth())) {
            return Basis.SIGNED;
        }
        if (proof(provider.auth()).filter(proof -> looksAt(proof, field.id())).isPresent()) {
            return Basis.PROVEN;
        }
        if (!field.choices().isEmpty()) {
            return Basis.LISTED;
        }
        return redeemed(provider.auth()).anyMatch(call -> names(call).contains(field.id()))
                ? Basis.EXCHANGED
                : Basis.NONE;
    }

    /**
     * Whether the credential is our own app's, so that the callback, or what was typed, alone decides whose account it opens: nothing
     * but a proof keeps a user out of another's.
     */
    public static boolean isOurs(Auth auth) {
        return switch (auth) {
            case Auth.AppInstallation it -> true;
            case Auth.PluginInstall it -> true;
            case Auth.OAuth2Code it -> it.grant() == Auth.Grant.CLIENT_CREDENTIALS;
            case Auth.OAuth2Client it -> false;
            case Auth.OAuth1 it -> false;
            case Auth.OAuth1Static it -> false;
            case Auth.ApiKey it -> false;
            case Auth.Basic it -> false;
            case Auth.NoAuth it -> false;
            case Auth.SignedToken it -> false;
            case Auth.Exchange it -> false;
            // By the ExternalId.
            case Auth.AwsRole it -> false;
            case Auth.Mcp it -> false;
            case Auth.Datastore it -> false;
        };
    }

    /** Whether every value that decides whose account our own credential opens is confirmed by the vendor. */
    public static boolean isProvable(Provider provider) {
        Set<String> deciding = deciding(provider);
        return !deciding.isEmpty()
                && deciding.stream()
                        .map(name -> provider.fields().get(name))
                        .allMatch(field -> field != null
                                && field.source().orElse(null) instanceof Field.Source.Callback
                                && (of(provider, field) == Basis.SIGNED || of(provider, field) == Basis.PROVEN));
    }

    /** Whether there is something to decide for who runs a product: what is believed of a callback though nothing confirms it. */
    public static boolean isInQuestion(Provider provider) {
        return isOurs(provider.auth())
                || provider.fields().values().stream()
                        .filter(field -> field.source().orElse(null) instanceof Field.Source.Callback)
                        .anyMatch(field -> of(provider, field) == Basis.NONE);
    }

    /** What the definition says of a callback's proof. */
    public static Optional<Auth.Proof> proof(Auth auth) {
        return switch (auth) {
            case Auth.AppInstallation app -> app.proof();
            // A token of the app's own is no user's.
            case Auth.OAuth2Code code ->
                code.grant() == Auth.Grant.AUTHORIZATION_CODE ? code.proof() : Optional.empty();
            case Auth.Mcp mcp -> mcp.known().flatMap(Auth.OAuth2Code::proof);
            default -> Optional.empty();
        };
    }

    private static boolean isSigned(Auth auth) {
        return switch (auth) {
            case Auth.OAuth2Code code -> code.callbackCheck().isPresent();
            case Auth.PluginInstall plugin -> plugin.callbackCheck().isPresent();
            default -> false;
        };
    }

    /** The calls that redeem a user's code; those that our own credential suffices for prove nothing. */
    private static Stream<Call> redeemed(Auth auth) {
        return switch (auth) {
            case Auth.OAuth2Code code ->
                code.grant() == Auth.Grant.AUTHORIZATION_CODE ? Stream.of(code.exchange()) : Stream.empty();
            case Auth.OAuth1 oauth1 -> Stream.of(oauth1.access());
            case Auth.Mcp mcp -> mcp.known().stream().flatMap(Provenance::redeemed);
            default -> Stream.empty();
        };
    }

    private static Set<String> deciding(Provider provider) {
        Stream<Text> api = Stream.of(
                        provider.api().base().stream(),
                        provider.api().headers().values().stream(),
                        provider.api().query().values().stream())
                .flatMap(texts -> texts);
        Stream<String> token = switch (provider.auth()) {
            case Auth.AppInstallation app -> names(app.tokenCall()).stream();
            case Auth.OAuth2Code code -> names(code.exchange()).stream();
            default -> Stream.empty();
        };
        return Stream.concat(token, api.flatMap(Provenance::names)).collect(Collectors.toSet());
    }

    private static boolean looksAt(Auth.Proof proof, String field) {
        Stream<String> rules = proof.find().stream()
                .flatMap(find -> find.firstOf().stream())
                .filter(AfterConnect.Rule.Compare.class::isInstance)
                .flatMap(rule -> names(Text.of(((AfterConnect.Rule.Compare) rule).with())));
        return Stream.concat(names(proof.call()).stream(), rules).anyMatch(field::equals);
    }

    private static Set<String> names(Call call) {
        Stream<Text> body = switch (call.body()) {
            case Body.Form form -> form.members().values().stream();
            case Body.Json json -> json.members().values().stream();
            case Body.Xml xml -> Stream.of(xml.text());
            case Body.Plain plain -> Stream.of(plain.text());
            case Body.Empty empty -> Stream.empty();
        };
        return Stream.of(Stream.of(call.url()), call.query().values().stream(), call.headers().values().stream(), body)
                .flatMap(texts -> texts)
                .flatMap(Provenance::names)
                .collect(Collectors.toSet());
    }

    /** Fields of the connection that a text asks for. */
    private static Stream<String> names(Text text) {
        return text.alternatives().stream()
                .flatMap(template -> template.references().stream())
                .filter(reference ->
                        reference.root().equals("config") || reference.root().equals("once"))
                .map(reference -> reference.path().getFirst());
    }
}
