package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Matches a request against a definition's call: which values did the client send, and is any missing? */
final class SentValues {
    /** What the client sent, by reference; or what is missing or wrong. */
    sealed interface Result {
        record Values(Map<String, String> byReference) implements Result {
            Optional<String> get(String reference) {
                return Optional.ofNullable(byReference.get(reference));
            }
        }

        /** @param client the app's own id or secret is wrong */
        record Wrong(String what, boolean client) implements Result {}
    }

    private final Provider provider;
    private final LabApp app;

    /** @param app whose id and secret are right */
    SentValues(Provider provider, LabApp app) {
        this.provider = provider;
        this.app = app;
    }

    Result of(Call call, Map<String, String> captured, LabRequest request) {
        Map<String, String> values = new LinkedHashMap<>(captured);
        Map<String, String> parameters = request.parameters();
        Map<String, Text> expected = new LinkedHashMap<>(call.query());
        expected.putAll(Endpoints.members(call.body()));
        Optional<Result.Wrong> wrong = wrong(expected, name -> Optional.ofNullable(parameters.get(name)), values)
                .or(() -> wrong(call.headers(), request::header, values));
        return wrong.<Result>map(one -> one).orElseGet(() -> new Result.Values(Map.copyOf(values)));
    }

    private Optional<Result.Wrong> wrong(
            Map<String, Text> expected, Function<String, Optional<String>> sent, Map<String, String> values) {
        return expected.entrySet().stream()
                .filter(one -> !take(one.getValue(), sent.apply(one.getKey()), values))
                .map(one -> new Result.Wrong(one.getKey() + " is missing or wrong", refersTo(one.getValue(), "app")))
                .findFirst();
    }

    /** Adds the values of a sent text; false if it does not match the template, or is missing although required. */
    boolean take(Text text, Optional<String> sent, Map<String, String> values) {
        if (sent.isEmpty()) {
            return !isRequired(text);
        }
        Optional<Map<String, String>> found = text.alternatives().stream()
                .map(template -> TemplatePattern.text(template, app).match(sent.get()))
                .flatMap(Optional::stream)
                .findFirst();
        found.ifPresent(values::putAll);
        return found.isPresent();
    }

    /** The client drops an optional value that the connection lacks, but never a required one. */
    boolean isRequired(Text text) {
        return text.alternatives().stream()
                .anyMatch(template -> template.references().stream().allMatch(this::isAlwaysThere)
                        && findsSomethingInAnyValue(template));
    }

    /** A {@code match} may find nothing, and then nothing is sent, as where a header is for one kind of key only. */
    private static boolean findsSomethingInAnyValue(Template template) {
        return template.expand(reference -> Optional.of("value")).isPresent();
    }

    private boolean isAlwaysThere(Template.Reference reference) {
        return switch (reference.root()) {
            case "app", "token" -> reference.path().size() == 1;
            case "config", "secret", "once" ->
                Optional.ofNullable(provider.fields().get(reference.path().getFirst()))
                        .filter(field -> field.required() && field.when().isEmpty())
                        .isPresent();
            default -> false;
        };
    }

    static boolean refersTo(Text text, String root) {
        return text.alternatives().stream()
                .flatMap(template -> template.references().stream())
                .anyMatch(reference -> reference.root().equals(root));
    }
}
