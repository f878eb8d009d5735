package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.lab.LabTokens.Consent;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** Which of the test accounts a value of a callback belongs to: never to two users, as at the real vendor. */
final class Belongings {
    private final Provider provider;
    private final SampleValues samples;

    Belongings(Provider provider) {
        this.provider = provider;
        this.samples = new SampleValues(provider);
    }

    /** What the callback brings for this field when this user has agreed. */
    JsonNode of(Field field, TestUser user, String host) {
        return provider.auth().facts().installedApp().isPresent()
                ? JsonTree.NODES.numberNode(1000 + user.number())
                : samples.of(field.id(), user, host);
    }

    /** The fields that a callback fills, except by the state, which is the flow's and no account's. */
    Stream<Field> fromCallback() {
        return provider.fields().values().stream()
                .filter(field -> field.source().orElse(null) instanceof Field.Source.Callback source
                        && !source.parameter().equals("state"));
    }

    /** The field that a callback's parameter fills. */
    Optional<Field> ofCallback(String parameter) {
        return fromCallback()
                .filter(field -> field.source().orElse(null) instanceof Field.Source.Callback source
                        && source.parameter().equals(parameter))
                .findFirst();
    }

    /** Whether a request names an account that does not belong to this consent. @param sent its values by reference */
    boolean areOthers(Map<String, String> sent, Consent consent) {
        return fromCallback()
                .anyMatch(field -> Stream.of("config.", "once.")
                        .map(root -> sent.get(root + field.id()))
                        .filter(value -> value != null && !value.isEmpty())
                        .anyMatch(value -> !bare(value)
                                .equals(bare(of(field, consent.user(), consent.host())
                                        .asString()))));
    }

    private static String bare(String value) {
        return value.replaceFirst("^https?://", "");
    }
}
