package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.Text;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Who vouches for a value in a callback. The callback comes through the user's browser, which may put any account into it, so a value
 * is trusted only when the vendor itself has confirmed it in some way.
 */
public final class Provenance {
    private Provenance() {}

    /** How the vendor confirms a value of a callback. */
    public enum Basis {
        /** The vendor has signed the whole callback. */
        SIGNED,
        /** The definition's {@code proof} asks the vendor with the user's token. */
        PROVEN,
        /** It is part of the request that redeems the user's code: the vendor refuses a mismatch. */
        EXCHANGED,
        /** One of a few values that the definition lists: it identifies no account. */
        LISTED,
        /** In no way. */
        NONE
    }

    /** @param field with {@code from: callback.NAME} */
    public static Basis of(Provider provider, Field field) {
        if (provider.auth().facts().hasSignedCallback()) {
            return Basis.SIGNED;
        }
        if (provider.auth()
                .facts()
                .proof()
                .filter(proof -> looksAt(proof, field.id()))
                .isPresent()) {
            return Basis.PROVEN;
        }
        if (!field.accepts().choices().isEmpty()) {
            return Basis.LISTED;
        }
        return provider.auth().facts().redeeming().anyMatch(call -> names(call).contains(field.id()))
                ? Basis.EXCHANGED
                : Basis.NONE;
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

    /** Whether the operator has a decision to make: which unconfirmed values of a callback to trust. */
    public static boolean isInQuestion(Provider provider) {
        return provider.auth().facts().isOurs()
                || provider.fields().values().stream()
                        .filter(field -> field.source().orElse(null) instanceof Field.Source.Callback)
                        .anyMatch(field -> of(provider, field) == Basis.NONE);
    }

    private static Set<String> deciding(Provider provider) {
        Stream<Text> api = Stream.of(
                        provider.api().base().stream(),
                        provider.api().headers().values().stream(),
                        provider.api().query().values().stream())
                .flatMap(texts -> texts);
        Stream<String> token = provider.auth().facts().deciding().flatMap(call -> names(call).stream());
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
        return Stream.of(
                        Stream.of(call.url()),
                        call.query().values().stream(),
                        call.headers().values().stream(),
                        call.body().texts())
                .flatMap(texts -> texts)
                .flatMap(Provenance::names)
                .collect(Collectors.toSet());
    }

    /** Fields of the connection that a text refers to. */
    private static Stream<String> names(Text text) {
        return text.alternatives().stream()
                .flatMap(template -> template.references().stream())
                .filter(reference ->
                        reference.root().equals("config") || reference.root().equals("once"))
                .map(reference -> reference.path().get(0));
    }
}
