package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Api;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.SigningKey;
import dev.latchkey.catalogue.template.Text;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * What a person reads off the play account's settings page and types into a product's form: a value for every field that the
 * definition asks for. Keys among them are real keys, since signatures are checked. Thread-safe.
 */
final class LabAccount {
    private final Provider provider;
    /** Created on first use: keys take a while. */
    private final Map<String, String> made = new ConcurrentHashMap<>();

    LabAccount(Provider provider) {
        this.provider = provider;
    }

    /** By field, in the order of the definition. */
    Map<String, String> fields() {
        Map<String, String> fields = new LinkedHashMap<>();
        provider.fields().values().stream()
                .filter(Field::isAsked)
                .forEach(field -> fields.put(field.id(), value(field.id())));
        return fields;
    }

    /** Empty for a field that no user is asked for. */
    String value(String field) {
        return Optional.ofNullable(provider.fields().get(field))
                .filter(Field::isAsked)
                .map(it -> made.computeIfAbsent(field, name -> value(it)))
                .orElse("");
    }

    /** Whether this field's value signs something, so that nothing but the account's own is right. */
    boolean isKey(String field) {
        return keyTexts().anyMatch(text -> refersTo(text, field));
    }

    private Stream<Text> keyTexts() {
        return Stream.concat(
                provider.auth().facts().signingKey().map(SigningKey::key).stream(),
                provider.api().signing().key().stream());
    }

    private static boolean refersTo(Text text, String field) {
        return text.alternatives().stream()
                .flatMap(template -> template.references().stream())
                .anyMatch(reference -> reference.root().equals("secret")
                        && reference.path().getFirst().equals(field));
    }

    /** The algorithm whose key a field holds. */
    private Optional<String> algorithm(Field field) {
        if (!isKey(field.id()) && field.type() != Field.Type.PEM) {
            return Optional.empty();
        }
        return provider.auth()
                .facts()
                .signingKey()
                .map(SigningKey::algorithm)
                .or(() -> Optional.of(
                        provider.api().sign() == Api.Sign.HTTP_SIGNATURE
                                ? provider.api().signing().algorithm()
                                : "RS256"));
    }

    private String value(Field field) {
        if (provider.listed().contains(field.id())) {
            // The account that the vendor's list has.
            return new SampleValues(provider)
                    .of(field.id(), TestUser.first(), "")
                    .asString();
        }
        String hex = HexFormat.of().formatHex(LabApp.digest("field " + field.id(), provider.id()));
        Optional<String> algorithm = algorithm(field);
        if (algorithm.isPresent()
                && !algorithm.get().startsWith("HS")
                && !algorithm.get().equals("WSSE")) {
            return algorithm.get().equals("hmac-sha256")
                    ? Base64.getEncoder().encodeToString(LabApp.digest("hmac", provider.id()))
                    : LabKeys.pem(LabKeys.of(provider.id(), "account", algorithm.get()));
        }
        if (!field.accepts().choices().isEmpty()) {
            return field.defaultValue().orElse(field.accepts().choices().getFirst());
        }
        return candidates(field, hex).stream()
                .filter(value -> field.accepts()
                        .check()
                        .map(pattern -> pattern.matcher(value).find())
                        .orElse(true))
                .findFirst()
                .orElse("lab");
    }

    private List<String> candidates(Field field, String hex) {
        List<String> byType = switch (field.type()) {
            case HOST_LABEL -> List.of("acme");
            case HOSTNAME -> List.of("acme.example.com");
            case URI -> List.of("https://acme.example.com");
            case INTEGER -> List.of("1001");
            case BOOLEAN -> List.of("true");
            case EMAIL -> List.of("ada@lab.example");
            case PEM -> List.of(LabKeys.pem(LabKeys.of(provider.id(), "account", "RS256")));
            case TEXT ->
                field.scope() == Field.Scope.CONNECTION
                        ? List.of("acme")
                        : List.of("lab-" + field.id() + "-" + hex.substring(0, 12));
        };
        String prefix =
                field.accepts().check().map(check -> prefix(check.pattern())).orElse("");
        List<String> all = new java.util.ArrayList<>();
        field.defaultValue().ifPresent(all::add);
        if (field.accepts().check().isEmpty() || field.scope() != Field.Scope.CONNECTION) {
            all.addAll(byType);
        }
        all.addAll(List.of(
                hex.substring(0, 24),
                hex,
                hex.substring(0, 32) + "-us6",
                "1234567890",
                prefix + "lab0123",
                prefix + "LAB0123"));
        field.label().example().ifPresent(all::add);
        all.addAll(byType);
        return all;
    }

    /** What a pattern begins with, its first alternative where it has several. */
    private static String prefix(String pattern) {
        return pattern.replaceFirst("^\\^", "")
                .replaceFirst("^\\(([^|)]*)[^)]*\\)", "$1")
                .replaceFirst("[\\[{+*$?].*$", "")
                .replace("\\", "");
    }
}
