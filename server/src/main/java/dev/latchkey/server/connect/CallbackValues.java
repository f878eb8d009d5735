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
 * A flow's values with those that the callback brings. It comes by the user's browser, which may say anything: taken is what the
 * definition expects there, in the form of its field, and where the vendor confirms it ({@link Provenance}).
 *
 * @param secrets of the flow, with what is used once
 * @param claims whether the callback says something that has still to be proven
 */
record CallbackValues(ObjectNode config, Map<String, Secret> secrets, boolean claims) {
    private static final int LONGEST = 2_000;

    /** @throws FlowRefusedException when a value cannot be one */
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
                    "invalid_callback", "The answer carries a value for " + field.id() + " that cannot be. Try again.");
        }
        return typed.value();
    }
}
