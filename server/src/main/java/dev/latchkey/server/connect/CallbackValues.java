package dev.latchkey.server.connect;

import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provenance;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.TypedValue;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.secrets.Secret;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/**
 * A flow's values with those that the callback brings. It comes through the user's browser, which may send anything: only values that
 * the definition expects are taken, in the form of their field, if the vendor confirms them ({@link Provenance}).
 *
 * @param secrets of the flow, with what is used once
 * @param claims whether the callback has a value that has yet to be proven
 */
record CallbackValues(ObjectNode config, Map<String, Secret> secrets, boolean claims) {
    private static final int LONGEST = 2_000;

    /** @throws FlowRefusedException when a value is invalid */
    static CallbackValues of(
            Provider provider, Integration integration, AuthorizationFlow flow, Map<String, String> callback) {
        ObjectNode config = flow.config().deepCopy();
        Map<String, Secret> secrets = new HashMap<>(flow.secrets());
        boolean claims = false;
        for (Field field : provider.fields().values()) {
            if (!(field.source().orElse(null) instanceof Field.Source.Callback source)) {
                continue;
            }
            String value = callback.getOrDefault(source.parameter(), "");
            Provenance.Basis basis = Provenance.of(provider, field);
            if (value.isEmpty()
                    || value.length() > LONGEST
                    || basis == Provenance.Basis.NONE && !integration.acceptsUnproven()) {
                continue;
            }
            claims |= basis == Provenance.Basis.PROVEN;
            switch (field.scope()) {
                case CONNECTION -> config.put(field.id(), checked(field, value));
                case SECRET, ONCE -> secrets.put(field.id(), new Secret(checked(field, value)));
                case INTEGRATION -> {}
            }
        }
        return new CallbackValues(config, Map.copyOf(secrets), claims);
    }

    private static String checked(Field field, String value) {
        TypedValue typed = TypedValue.of(field, value);
        if (typed.problem().isPresent()) {
            throw new FlowRefusedException(
                    "invalid_callback", "The callback has an invalid value for " + field.id() + ". Try again.");
        }
        return typed.value();
    }
}
