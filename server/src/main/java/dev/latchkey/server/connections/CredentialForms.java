package dev.latchkey.server.connections;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Which {@link CredentialForm} is whose. */
final class CredentialForms {
    private static final ImportedForm OTHER = new ImportedForm();

    private static final List<CredentialForm<?>> ALL = List.of(
            new OAuth2Form(),
            new OAuth2ClientForm(),
            new OAuth1Form(),
            new OAuth1StaticForm(),
            new ApiKeyForm(),
            new BasicForm(),
            new NoneForm(),
            new DatastoreForm(),
            new SignedForm(),
            new ExchangedForm(),
            new InstallationForm(),
            new AssumedRoleForm());

    private static final Map<String, CredentialForm<?>> BY_TYPE = by(CredentialForm::types);
    private static final Map<String, CredentialForm<?>> BY_IMPORTED_TYPE = by(CredentialForm::importedTypes);

    private CredentialForms() {}

    private static Map<String, CredentialForm<?>> by(Function<CredentialForm<?>, Set<String>> types) {
        return ALL.stream()
                .flatMap(form -> types.apply(form).stream().map(type -> Map.entry(type, form)))
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    @SuppressWarnings("unchecked") // each variant stands beside the form of its own type
    static <C extends Credentials> CredentialForm<C> of(C credentials) {
        return (CredentialForm<C>)
                switch ((Credentials) credentials) {
                    case Credentials.OAuth2 _ -> new OAuth2Form();
                    case Credentials.OAuth2Client _ -> new OAuth2ClientForm();
                    case Credentials.OAuth1 _ -> new OAuth1Form();
                    case Credentials.OAuth1Static _ -> new OAuth1StaticForm();
                    case Credentials.ApiKey _ -> new ApiKeyForm();
                    case Credentials.Basic _ -> new BasicForm();
                    case Credentials.None _ -> new NoneForm();
                    case Credentials.Datastore _ -> new DatastoreForm();
                    case Credentials.Signed _ -> new SignedForm();
                    case Credentials.Exchanged _ -> new ExchangedForm();
                    case Credentials.Installation _ -> new InstallationForm();
                    case Credentials.AssumedRole _ -> new AssumedRoleForm();
                    case Credentials.Imported _ -> OTHER;
                };
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
