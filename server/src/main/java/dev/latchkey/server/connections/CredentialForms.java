package dev.latchkey.server.connections;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Which {@link CredentialForm} is whose. */
final class CredentialForms {
    private static final ImportedForm OTHER = new ImportedForm();

    private static final Map<String, CredentialForm<?>> BY_TYPE = by(CredentialForm::types);
    private static final Map<String, CredentialForm<?>> BY_IMPORTED_TYPE = by(CredentialForm::importedTypes);

    private CredentialForms() {}

    private static Map<String, CredentialForm<?>> by(Function<CredentialForm<?>, Set<String>> types) {
        return Credentials.FORMS.stream()
                .flatMap(form -> types.apply(form).stream().map(type -> Map.entry(type, form)))
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    @SuppressWarnings("unchecked") // each variant returns the form of its own type
    static <C extends Credentials> CredentialForm<C> of(C credentials) {
        return (CredentialForm<C>) credentials.form();
    }

    static CredentialForm<?> stored(String type) {
        return BY_TYPE.getOrDefault(type, OTHER);
    }

    /** Empty for types that are kept as they are imported. */
    static Optional<CredentialForm<?>> imported(String type) {
        return Optional.ofNullable(BY_IMPORTED_TYPE.get(type));
    }

    static CredentialForm<?> other() {
        return OTHER;
    }
}
