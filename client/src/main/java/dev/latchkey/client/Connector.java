package dev.latchkey.client;

import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import java.util.List;

/**
 * One entry of the catalogue that this client carries.
 *
 * @param id what an integration names as its provider, such as {@code github}
 * @param authMode {@code OAUTH2, API_KEY, DATASTORE ...}
 * @param needsServer whether connecting needs a Latchkey server; without it, {@link Latchkey#connect} does it
 * @param fields what {@link Latchkey#connect} takes
 */
public record Connector(
        String id, String name, List<String> tags, String authMode, boolean needsServer, List<Input> fields) {
    /** A value that a person enters. @param secret whether to hide it during input */
    public record Input(String name, String title, boolean required, boolean secret) {}

    static Connector of(Provider provider) {
        List<Input> fields = provider.fields().values().stream()
                .filter(Field::isAsked)
                .map(field -> new Input(
                        field.id(),
                        field.label().title().orElse(field.id()),
                        field.required() && field.defaultValue().isEmpty(),
                        field.scope() == Field.Scope.SECRET))
                .toList();
        return new Connector(
                provider.id(),
                provider.name(),
                provider.about().tags(),
                provider.auth().facts().mode(),
                provider.auth().facts().needsServer(),
                fields);
    }
}
